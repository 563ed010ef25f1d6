// Learns from #define lines which macros are annotations and which head loops: for a tree, and for a single file's own macros.

import type { Span } from '../base/text.ts';
import { neverAnnotations } from '../kernel/annotations.ts';
import { storageWords } from '../kernel/c-words.ts';
import type { MacroWords } from '../kernel/macro-words.ts';
import { IDENTIFIER, isWordCode, tokenize } from './rewrite/lexer.ts';

export interface MacroDefinition {
  readonly name: string;
  /** Parameter names as written; null for a macro without a parameter list. */
  readonly parameters: readonly string[] | null;
  /** The replacement text, continuation lines joined, comments left out. */
  readonly body: string;
  /** Offset of the name. */
  readonly offset: number;
  /** The replacement text as it stands in the file. */
  readonly bodySpan: Span;
}

/** All `#define`s of a text, in order. */
export function macroDefinitions(text: string): MacroDefinition[] {
  const found: MacroDefinition[] = [];
  for (let at = text.indexOf('define'); at >= 0; at = text.indexOf('define', at + 6)) {
    if (!standsBehindHash(text, at)) continue;
    const end = definitionEnd(text, at);
    const definition = definitionAt(text, at, end);
    if (!definition) continue;
    found.push(definition);
    at = end - 6;
  }
  return found;
}

/** The `#define` whose word `define` stands at an offset and whose lines end at another; null if it is none. */
export function definitionAt(text: string, define: number, end: number): MacroDefinition | null {
  const line = text.slice(define + 6, end);
  const head = /^[ \t]+([A-Za-z_]\w*)(\([^)]*\))?/.exec(line);
  if (!head) return null;
  const name = head[1] ?? '';
  return {
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
    offset: define + 6 + line.indexOf(name),
    bodySpan: { start: define + 6 + head[0].length, end },
  };
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

/** What one definition says of its macro, whatever the other macros turn out to be. */
export interface MacroTrait {
  readonly name: string;
  readonly hasParameters: boolean;
  /** `yes`: a statement must follow it. A macro's name: if one must follow that macro. */
  readonly head: { readonly yes: true } | { readonly like: string } | null;
  /** An annotation if all of these words and calls are; null if it cannot be one. */
  readonly attribute: { readonly words: readonly string[]; readonly calls: readonly string[] } | null;
}

/** What a definition says of annotations and loops; null if that is nothing. */
export function macroTrait({ name, parameters, body }: MacroDefinition): MacroTrait | null {
  if (body.length > MAX_BODY) return null;
  if (parameters === null)
    return couldAnnotate(name, body) ? { name, hasParameters: false, head: null, attribute: needsOf(cut(body)) } : null;
  if (body === '') return null;
  const last = body.charCodeAt(body.length - 1);
  const words = last === CLOSE || isWordCode(last) ? cut(body) : null;
  return { name, hasParameters: true, head: words && headOf(words), attribute: words && needsOf(words) };
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
/** The character `)`. */
const CLOSE = 41;

type Named = readonly [name: string, traits: readonly MacroTrait[]];

/** Macros of which something may be learnt. */
interface Candidates {
  /** Without parameters: perhaps annotations. */
  readonly plain: readonly Named[];
  /** With parameters: perhaps annotations, perhaps heads of loops. */
  readonly called: readonly Named[];
}

/** Collects the `#define`s of many texts; `words` then says what they make of the macro tables. */
export class MacroHarvest {
  private readonly plain = new Map<string, MacroTrait[]>();
  private readonly called = new Map<string, MacroTrait[]>();
  /** Macros of which one definition cannot be an annotation. */
  private readonly others = new Set<string>();
  private learnt: { readonly known: MacroWords; readonly words: MacroWords } | null = null;

  /** Begins with what another one collected, to which nothing may be added any more. */
  constructor(private readonly base: MacroHarvest | null = null) {}

  /** Adds the definitions of one text. */
  add(text: string): void {
    for (const definition of macroDefinitions(text)) {
      const trait = macroTrait(definition);
      if (trait) this.addTrait(trait);
    }
  }

  /** Adds one definition. */
  addTrait(trait: MacroTrait): void {
    if (trait.attribute === null) this.addOther(trait.name, trait.hasParameters);
    // Most macros are nothing of the kind, whatever is learnt.
    if (trait.attribute === null && trait.head === null) return;
    const table = trait.hasParameters ? this.called : this.plain;
    const known = table.get(trait.name);
    if (known) known.push(trait);
    else table.set(trait.name, [...(this.base?.traitsOf(trait.name, trait.hasParameters) ?? []), trait]);
  }

  /** Adds that a text defines a macro as something else than an annotation. */
  addOther(name: string, hasParameters: boolean): void {
    this.others.add(keyOf(name, hasParameters));
  }

  /** What was learnt beyond the words that are known already. Nothing may be added any more. */
  words(known: MacroWords): MacroWords {
    if (this.learnt?.known !== known) this.learnt = { known, words: this.learn(known) };
    return this.learnt.words;
  }

  private learn(known: MacroWords): MacroWords {
    const below = this.base?.words(known) ?? null;
    const start = below !== null && !this.contradicts(below) ? below : null;
    const annotations = new Set(start?.annotations);
    const annotationCalls = new Set(start?.annotationCalls);
    const loops = new Set(start?.loops);
    const isAnnotation = (word: string): boolean => annotations.has(word) || known.annotations.has(word) || attributeWords.has(word);
    const isCall = (word: string): boolean => annotationCalls.has(word) || known.annotationCalls.has(word) || attributeCalls.has(word);
    const isLoop = (word: string): boolean => loops.has(word) || known.loops.has(word);
    const isAttribute = ({ attribute }: MacroTrait): boolean =>
      attribute !== null && attribute.words.every(isAnnotation) && attribute.calls.every(isCall);
    const isHead = ({ head }: MacroTrait): boolean => head !== null && ('yes' in head || isLoop(head.like));

    const own = this.ownCandidates();
    // From what lies below more is learnt only where something is new.
    let { plain, called } = start === null ? this.candidates(own) : own;
    for (let round = 0; round < ROUNDS; round++) {
      const before = annotations.size + annotationCalls.size + loops.size;
      for (const [name, traits] of plain) if (!isAnnotation(name) && traits.every(isAttribute)) annotations.add(name);
      for (const [name, traits] of called) {
        if (!isCall(name) && traits.every(isAttribute) && this.couldBe(name, true)) annotationCalls.add(name);
        if (!isLoop(name) && name !== 'if' && traits.some(isHead)) loops.add(name);
      }
      if (annotations.size + annotationCalls.size + loops.size === before) break;
      if (start !== null && round === 0) ({ plain, called } = this.candidates(own));
    }
    return { annotations, annotationCalls, loops };
  }

  /** Whether a definition speaks against an annotation that was learnt from what lies below. */
  private contradicts({ annotations, annotationCalls }: MacroWords): boolean {
    for (const name of annotations) if (this.plain.has(name) || this.others.has(keyOf(name, false))) return true;
    for (const name of annotationCalls) if (this.called.has(name) || this.others.has(keyOf(name, true))) return true;
    return false;
  }

  private traitsOf(name: string, hasParameters: boolean): readonly MacroTrait[] | undefined {
    return (hasParameters ? this.called : this.plain).get(name) ?? this.base?.traitsOf(name, hasParameters);
  }

  private couldBe(name: string, hasParameters: boolean): boolean {
    return !neverAnnotations.has(name) && !this.isOther(keyOf(name, hasParameters));
  }

  private isOther(key: string): boolean {
    return this.others.has(key) || this.base?.isOther(key) === true;
  }

  /** Those that this harvest collected itself. */
  private ownCandidates(): Candidates {
    const plain = [...this.plain].filter(
      ([name, traits]) =>
        this.couldBe(name, false) &&
        (/^__[a-z]/.test(name) || traits.some(({ attribute }) => attribute && attribute.words.length + attribute.calls.length > 0)),
    );
    const called = [...this.called].filter(([name, traits]) => this.couldBe(name, true) || traits.some(({ head }) => head !== null));
    return { plain, called };
  }

  /** All of them; `own` are those of this harvest. */
  private candidates(own: Candidates): Candidates {
    if (this.base === null) return own;
    const { plain, called } = this.base.candidates(this.base.ownCandidates());
    return {
      plain: [...plain.filter(([name]) => !this.plain.has(name) && this.couldBe(name, false)), ...own.plain],
      called: [...called.filter(([name]) => !this.called.has(name)), ...own.called],
    };
  }
}

function keyOf(name: string, hasParameters: boolean): string {
  return hasParameters ? `${name}(` : name;
}

/** Include guards, constants in capitals and words that could be a variable's name are no annotations. */
function couldAnnotate(name: string, body: string): boolean {
  if (/_H_*$/i.test(name)) return false;
  if (/^[a-z]/.test(name) && !/inline|attr|align|linkage/.test(name)) return false;
  if (!/^[a-z_]/.test(name) && !/__attribute__|__section|inline|^__[a-z]/.test(body)) return false;
  return body === '' || /^[A-Za-z_]/.test(body);
}

/** The words and calls that must be annotations, so that the text is nothing but attributes and storage classes; null if it never is. */
function needsOf({ words, isName }: Body): MacroTrait['attribute'] {
  const bare: string[] = [];
  const calls: string[] = [];
  for (let at = 0; at < words.length; at++) {
    if (!isName[at]) return null;
    const word = words[at] ?? '';
    if (words[at + 1] === '(') {
      calls.push(word);
      at = closing(words, at + 1);
      if (at < 0) return null;
    } else bare.push(word);
  }
  return { words: bare, calls };
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

/** Whether a text ends where a statement must follow: `for (...)`, `if (...) {...} else`, another loop macro. */
function headOf({ words }: Body): MacroTrait['head'] {
  const last = words[words.length - 1];
  if (words[0] === '(' && words[1] === '{') return null;
  if (last === 'else') return { yes: true };
  if (last !== ')') return null;
  const at = opening(words, words.length - 1) - 1;
  const head = words[at] ?? '';
  const isDo = words[0] === 'do';
  const before = words[at - 1];
  if (head === 'while' && (isDo || before === '}')) return null;
  const isFirst = before === undefined || words[0] === 'for' || words[0] === 'if' || words[0] === 'while';
  if (head === 'for' || head === 'if' || head === 'while') return isFirst ? { yes: true } : null;
  return isFirst || (!isDo && !['=', '(', ',', '&', '|', '!'].includes(before)) ? { like: head } : null;
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
