// Learns from #define lines which macros are annotations and which head loops: for a tree, and for a single file's own macros.

import { neverAnnotations } from '../kernel/annotations.ts';
import { storageWords } from '../kernel/c-words.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import { IDENTIFIER, tokenize } from './rewrite/lexer.ts';

export interface MacroDefinition {
  readonly name: string;
  /** Parameter names as written; null for a macro without a parameter list. */
  readonly parameters: readonly string[] | null;
  /** The replacement text, continuation lines joined, comments left out. */
  readonly body: string;
  /** Offset of the name. */
  readonly offset: number;
}

/** All `#define`s of a text, in order. */
export function macroDefinitions(text: string): MacroDefinition[] {
  const found: MacroDefinition[] = [];
  for (let at = text.indexOf('define'); at >= 0; at = text.indexOf('define', at + 6)) {
    if (!standsBehindHash(text, at)) continue;
    const end = definitionEnd(text, at);
    const line = text.slice(at + 6, end);
    const head = /^[ \t]+([A-Za-z_]\w*)(\([^)]*\))?/.exec(line);
    if (!head) continue;
    const name = head[1] ?? '';
    found.push({
      name,
      parameters:
        head[2] === undefined
          ? null
          : head[2]
              .slice(1, -1)
              .replace(/\\\r?\n/g, ' ')
              .split(',')
              .map((one) => one.trim()),
      body: foldBody(line.slice(head[0].length)),
      offset: at + 6 + line.indexOf(name),
    });
    at = end - 6;
  }
  return found;
}

function standsBehindHash(text: string, define: number): boolean {
  let at = define - 1;
  while (text[at] === ' ' || text[at] === '\t') at--;
  if (text[at] !== '#') return false;
  at--;
  while (text[at] === ' ' || text[at] === '\t') at--;
  return at < 0 || text[at] === '\n';
}

/** End of the line, or of the last line that a backslash joins to it. */
function definitionEnd(text: string, from: number): number {
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) {
    const last = text[at - 1] === '\r' ? at - 2 : at - 1;
    if (text[last] !== '\\') return at;
  }
  return text.length;
}

function foldBody(body: string): string {
  const joined = body.includes('\\') ? body.replace(/\\\r?\n/g, ' ') : body;
  if (!joined.includes('/')) return joined.trim();
  const { comments } = tokenize(joined);
  let folded = '';
  let from = 0;
  for (const comment of comments) {
    folded += `${joined.slice(from, comment.start)} `;
    from = comment.end;
  }
  return (folded + joined.slice(from)).trim();
}

/** A replacement text, cut into words. */
interface Body {
  readonly words: readonly string[];
  readonly isName: readonly boolean[];
}

function cut(body: string): Body {
  const tokens = tokenize(body);
  const words: string[] = [];
  const isName: boolean[] = [];
  for (let at = 0; at < tokens.count; at++) {
    words.push(body.slice(tokens.starts[at], tokens.ends[at]));
    isName.push(tokens.kinds[at] === IDENTIFIER);
  }
  return { words, isName };
}

/** Words that make an attribute of a replacement text by themselves. */
const attributeCalls = new Set(['__attribute__', '__attribute', '__section', '__aligned', '__cold', '__used', '__noreturn', '_Pragma']);
const attributeWords = new Set([...storageWords, '__extension__']);
/** How often words that were learnt may help to learn others. */
const ROUNDS = 5;
/** Longer replacement texts are no annotations, and no loop heads that a table would miss. */
const MAX_BODY = 4000;

/** Collects the `#define`s of many texts; `words` then says what they make of the macro tables. */
export class MacroHarvest {
  private readonly plain = new Map<string, Set<string>>();
  private readonly called = new Map<string, Set<string>>();

  /** Adds the definitions of one text. */
  add(text: string): void {
    for (const { name, parameters, body } of macroDefinitions(text)) {
      if (body.length > MAX_BODY) continue;
      if (parameters === null && !couldAnnotate(name, body)) continue;
      const table = parameters === null ? this.plain : this.called;
      const bodies = table.get(name);
      if (bodies) bodies.add(body);
      else table.set(name, new Set([body]));
    }
  }

  /** What was learnt beyond the words that are known already. */
  words(known: MacroWords): MacroWords {
    const annotations = new Set<string>();
    const annotationCalls = new Set<string>();
    const loops = new Set<string>();
    const isAnnotation = (word: string): boolean => annotations.has(word) || known.annotations.has(word) || attributeWords.has(word);
    const isCall = (word: string): boolean => annotationCalls.has(word) || known.annotationCalls.has(word) || attributeCalls.has(word);
    const isLoop = (word: string): boolean => loops.has(word) || known.loops.has(word);
    const plain = [...this.plain].map(([name, bodies]) => ({ name, bodies: [...bodies].map(cut) }));
    const called = [...this.called].map(([name, bodies]) => ({ name, bodies: [...bodies].filter(Boolean).map(cut) }));

    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, bodies } of plain) {
        if (neverAnnotations.has(name) || isAnnotation(name)) continue;
        const says = bodies.some((body) => body.words.length > 0) || /^__[a-z]/.test(name);
        if (says && bodies.every((body) => isAttribute(body, isAnnotation, isCall))) annotations.add(name);
      }
      for (const { name, bodies } of called) {
        if (
          !neverAnnotations.has(name) &&
          !isCall(name) &&
          bodies.length > 0 &&
          bodies.every((body) => isAttribute(body, isAnnotation, isCall))
        ) {
          annotationCalls.add(name);
        }
        if (!isLoop(name) && name !== 'if' && bodies.some((body) => isHead(body, isLoop))) loops.add(name);
      }
    }
    return { annotations, annotationCalls, loops };
  }
}

/** Include guards, constants in capitals and words that could be a variable's name are no annotations. */
function couldAnnotate(name: string, body: string): boolean {
  if (/_H_*$/i.test(name)) return false;
  if (/^[a-z]/.test(name) && !/inline|attr|align|linkage/.test(name)) return false;
  if (!/^[a-z_]/.test(name) && !/__attribute__|__section|inline|^__[a-z]/.test(body)) return false;
  return body === '' || /^[A-Za-z_]/.test(body);
}

/** Nothing but attributes, annotation words and storage classes. */
function isAttribute(body: Body, isAnnotation: (word: string) => boolean, isCall: (word: string) => boolean): boolean {
  const { words, isName } = body;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!isName[at]) return false;
    if (words[at + 1] === '(') {
      if (!isCall(word)) return false;
      at = closing(words, at + 1);
      if (at < 0) return false;
    } else if (!isAnnotation(word)) return false;
  }
  return true;
}

function closing(words: readonly string[], open: number): number {
  let depth = 0;
  for (let at = open; at < words.length; at++) {
    if (words[at] === '(') depth++;
    else if (words[at] === ')' && --depth === 0) return at;
  }
  return -1;
}

function opening(words: readonly string[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (words[at] === ')') depth++;
    else if (words[at] === '(' && --depth === 0) return at;
  }
  return -1;
}

/** A replacement text that ends where a statement must follow: `for (...)`, `if (...) {...} else`, another loop macro. */
function isHead(body: Body, isLoop: (word: string) => boolean): boolean {
  const { words } = body;
  const last = words[words.length - 1];
  if (words[0] === '(' && words[1] === '{') return false;
  if (last === 'else') return true;
  if (last !== ')') return false;
  const at = opening(words, words.length - 1) - 1;
  const head = words[at] ?? '';
  const isDo = words[0] === 'do';
  const before = words[at - 1];
  if (head === 'while' && (isDo || before === '}')) return false;
  if (head !== 'for' && head !== 'if' && head !== 'while' && !isLoop(head)) return false;
  if (before === undefined || words[0] === 'for' || words[0] === 'if' || words[0] === 'while') return true;
  return isLoop(head) && !isDo && !['=', '(', ',', '&', '|', '!'].includes(before);
}

/** The macros that the texts of a tree define, beyond those that are known. */
export function harvestMacros(texts: Iterable<string>, known: MacroWords): MacroWords {
  const harvest = new MacroHarvest();
  for (const text of texts) harvest.add(text);
  return harvest.words(known);
}

/** The names under `ForEachMacros:` in a tree's .clang-format; empty if there is no such list. */
export function loopMacrosFromClangFormat(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  let inList = false;
  for (const line of text.split('\n')) {
    if (/^ForEachMacros:/.test(line)) inList = true;
    else if (inList) {
      const entry = /^[ \t]*-[ \t]*'?([A-Za-z_]\w*)'?[ \t\r]*$/.exec(line);
      if (entry) names.add(entry[1] ?? '');
      else if (line.trim() !== '' && !/^[ \t]*#/.test(line)) break;
    }
  }
  return names;
}
