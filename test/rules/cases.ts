// Reads the Markdown files of the rules. A case is a `## ` heading with one or more fenced blocks under it:
//
//   ```c KIND...          a whole C file           (KIND says what the case covers: hit, near-miss, goto, macro-loop, broken)
//   ```diff KIND...       a small patch, with or without mail headers
//   ```mail KIND...       a whole mail; several under one heading are one thread
//   ```fixed              how the first block reads after all fixes of its findings
//
// `path=`, `era=` behind the kinds set the file's name and the era. A line of a block carries its expectation, which is cut off
// before the text is reviewed:
//
//   /* expect: RULE [words of the message] */         a finding on this line; `@info` as first word fixes its severity
//   /* evidence: RULE [words] */                      a related place of a finding of the block
//   /* ok: RULE */                                    none, though a reader may wonder
//   /* todo-expect: RULE */                           a known miss: fails as soon as the rule finds it
//   /* todo-ok: RULE */                               a known false alarm: fails as soon as it is gone
//
// On lines that are no C, `<!-- expect: RULE -->` does the same. Every line without a mark expects nothing.
// A rule to which a kind does not apply says so above its first case: `Without goto: reason`.

export const kinds = ['hit', 'near-miss', 'goto', 'macro-loop', 'broken'] as const;
export type Kind = (typeof kinds)[number];

export interface Mark {
  readonly form: 'expect' | 'evidence' | 'ok' | 'todo-expect' | 'todo-ok';
  readonly rule: string;
  readonly severity: string | null;
  /** Words that the message has to contain, white space folded; empty for any. */
  readonly words: string;
  /** 1-based line of the block. */
  readonly line: number;
}

export interface Block {
  readonly language: 'c' | 'diff' | 'mail';
  readonly text: string;
  readonly marks: readonly Mark[];
  readonly path: string | null;
}

export interface Case {
  readonly title: string;
  /** 1-based line of the heading in the Markdown file. */
  readonly line: number;
  readonly kinds: readonly Kind[];
  readonly era: string;
  readonly blocks: readonly Block[];
  /** Text of the first block after its fixes, or null. */
  readonly fixed: string | null;
}

export interface RuleCases {
  readonly cases: readonly Case[];
  /** Kinds that do not apply, with the reason. */
  readonly without: ReadonlyMap<Kind, string>;
}

const markForm = /(?:\/\*|<!--) *(expect|evidence|ok|todo-expect|todo-ok):(.*?)(?:\*\/|-->)/gu;
const markLike = /(?:\/\*|<!--) *(?:todo-)?[a-z]*(?:expect|ok)[a-z]*\b *:?/iu;

/** Throws, naming the line, where the file is not in form: unknown marks and kinds, blocks outside cases, open fences. */
export function readCases(markdown: string): RuleCases {
  const lines = markdown.split('\n');
  const without = new Map<Kind, string>();
  const cases: (Case & { kinds: Kind[]; blocks: Block[]; era: string; fixed: string | null })[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const fail = (reason: string): never => {
      throw new Error(`line ${String(at + 1)}: ${reason}`);
    };
    if (line.startsWith('## ')) cases.push({ title: line.slice(3).trim(), line: at + 1, kinds: [], era: 'auto', blocks: [], fixed: null });
    const exempt = /^Without ([a-z-]+): (.+)$/u.exec(line);
    if (exempt) {
      const kind = kinds.find((one) => one === exempt[1]) ?? fail(`unknown kind "${exempt[1] ?? ''}"`);
      without.set(kind, exempt[2] ?? '');
    }
    if (!line.startsWith('```')) {
      if (markLike.test(line) && cases.length > 0) fail('a mark outside of a fenced block has no effect');
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    if (end < 0) fail('this fenced block is not closed');
    const current = cases.at(-1) ?? fail('a block needs a "## " heading above it');
    const [language, ...words] = line.slice(3).trim().split(/\s+/u);
    const text = lines.slice(at + 1, end);
    if (language === 'fixed') current.fixed = `${text.join('\n')}\n`;
    else if (language === 'c' || language === 'diff' || language === 'mail') {
      let path: string | null = null;
      for (const word of words) {
        if (word.startsWith('path=')) path = word.slice(5);
        else if (word.startsWith('era=')) current.era = word.slice(4);
        else current.kinds.push(kinds.find((one) => one === word) ?? fail(`unknown kind "${word}"`));
      }
      const marks = text.flatMap((one, index) => marksOf(one, index + 1, at + 2 + index));
      current.blocks.push({ language, text: `${text.map(withoutMarks).join('\n')}\n`, marks, path });
    } else fail(`a block is c, diff, mail or fixed, not "${language ?? ''}"`);
    at = end;
  }
  for (const one of cases) if (one.blocks.length === 0) throw new Error(`line ${String(one.line)}: the case "${one.title}" has no block`);
  const titles = cases.map((one) => one.title);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) throw new Error(`two cases are named "${twice}"`);
  return { cases, without };
}

function withoutMarks(line: string): string {
  const cut = line.replace(markForm, '');
  return cut === line ? line : cut.trimEnd();
}

function marksOf(line: string, blockLine: number, fileLine: number): Mark[] {
  const marks: Mark[] = [];
  for (const match of line.matchAll(markForm)) {
    const [rule, ...rest] = (match[2] ?? '').trim().split(/\s+/u);
    const severity = rest[0]?.startsWith('@') === true ? rest.shift()?.slice(1) : undefined;
    marks.push({ form: match[1] as Mark['form'], rule: rule ?? '', severity: severity ?? null, words: rest.join(' '), line: blockLine });
  }
  if (marks.length === 0 && markLike.test(line)) throw new Error(`line ${String(fileLine)}: this looks like a mark and is none: ${line.trim()}`);
  const keys = marks.map((mark) => `${mark.rule} ${mark.words}`);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw new Error(`line ${String(fileLine)}: the mark "${twice}" stands twice`);
  return marks;
}
