import { macroParameters } from './macro-parameters.ts';
import type { Annotation, CFunction, CParameter, Masked, Prototype } from './types.ts';
import type { Row, Tree } from './tree.ts';

/** Nodes at file level that may hold function definitions. */
const fileLevel = new Set([
  'translation_unit',
  'preproc_if',
  'preproc_ifdef',
  'preproc_else',
  'preproc_elif',
  'preproc_elifdef',
  'linkage_specification',
  'declaration_list',
  'ERROR',
]);

const inlineWords = new Set(['inline', '__inline', '__inline__', '__forceinline', '__always_inline']);

/** The functions that a tree defines, in the order of the text. Function bodies are not searched. */
export function findFunctions(tree: Tree, annotations: readonly Annotation[], masked: readonly Masked[]): CFunction[] {
  const found: CFunction[] = [];
  const macroItems = new Map(masked.filter((one) => one.kind === 'macro-item').map((one) => [one.span.start, one]));
  let nextAnnotation = 0;
  let previousEnd = 0;
  for (let row = 0; row < tree.count;) {
    const kind = tree.kind(row);
    if (fileLevel.has(kind)) {
      row++;
      continue;
    }
    if (kind === 'function_definition') {
      const bodyRow = tree.childByField(row, 'body');
      if (bodyRow >= 0 && tree.kind(bodyRow) === 'compound_statement' && !isRecord(tree, row)) {
        const bodyStart = tree.start(bodyRow);
        while ((annotations[nextAnnotation]?.span.start ?? Infinity) < previousEnd) nextAnnotation++;
        const heading: Annotation[] = [];
        for (let at = nextAnnotation; ; at++) {
          const one = annotations[at];
          if (!one || one.span.start >= bodyStart) break;
          heading.push(one);
        }
        found.push(describe(tree, row, bodyRow, heading, macroItems.get(tree.start(row))));
      }
    }
    previousEnd = Math.max(previousEnd, tree.end(row));
    row = tree.subtreeEnd(row);
  }
  return found;
}

/** Prototypes at file level whose heading has annotations with arguments, in the order of the text. */
export function annotatedPrototypes(tree: Tree, annotations: readonly Annotation[]): Prototype[] {
  const found: Prototype[] = [];
  let next = 0;
  for (let row = 0; row < tree.count;) {
    const kind = tree.kind(row);
    if (fileLevel.has(kind)) {
      row++;
      continue;
    }
    const heading: Annotation[] = [];
    while ((annotations[next]?.span.start ?? Infinity) < tree.start(row)) next++;
    for (let at = next; (annotations[at]?.span.start ?? Infinity) < tree.end(row); at++) {
      const one = annotations[at];
      if (one && one.argument !== null) heading.push(one);
    }
    if (heading.length > 0 && kind === 'declaration') {
      let at = tree.childByField(row, 'declarator');
      while (at >= 0 && tree.kind(at) === 'pointer_declarator') at = tree.childByField(at, 'declarator');
      const name = at >= 0 && tree.kind(at) === 'function_declarator' ? tree.childByField(at, 'declarator') : -1;
      if (name >= 0 && tree.kind(name) === 'identifier')
        found.push({
          name: tree.textOf(name),
          parameters: readParameters(tree, tree.childByField(at, 'parameters')),
          annotations: heading,
        });
    }
    row = tree.subtreeEnd(row);
  }
  return found;
}

const recordTypes = new Set(['struct_specifier', 'union_specifier', 'enum_specifier']);

/** `struct __unknown_word name { ... }`: the parser takes the members for a body, but there is no parameter list. */
function isRecord(tree: Tree, row: Row): boolean {
  if (!recordTypes.has(tree.kind(tree.childByField(row, 'type')))) return false;
  for (let at = tree.childByField(row, 'declarator'); at >= 0; at = tree.childByField(at, 'declarator'))
    if (tree.kind(at) !== 'identifier') return false;
  return true;
}

function describe(tree: Tree, row: Row, bodyRow: Row, annotations: readonly Annotation[], macro: Masked | undefined): CFunction {
  // The declarator nests: pointers and parentheses around the function_declarator that has the name and the parameters.
  let stars = '';
  let parameterList: Row = -1;
  let name = tree.childByField(row, 'declarator');
  for (let at = name; at >= 0;) {
    const kind = tree.kind(at);
    if (kind === 'pointer_declarator') stars += '*';
    if (kind === 'function_declarator') parameterList = tree.childByField(at, 'parameters');
    name = at;
    at = tree.childByField(at, 'declarator');
    if (at < 0 && kind === 'parenthesized_declarator') at = tree.namedChildren(name)[0] ?? -1;
  }
  let isStatic = false;
  let isInline = annotations.some((one) => inlineWords.has(one.name));
  const typeWords: string[] = [];
  const declarator = tree.childByField(row, 'declarator');
  for (const child of tree.children(row)) {
    if (child === declarator) break;
    const text = fold(tree.textOf(child));
    if (tree.kind(child) === 'storage_class_specifier') {
      isStatic ||= text === 'static';
      isInline ||= inlineWords.has(text);
    } else typeWords.push(text);
  }
  const start = Math.min(tree.start(row), annotations[0]?.span.start ?? Infinity);
  const parameters = macro ? macroParameters(tree.text, macro) : parameterList < 0 ? [] : readParameters(tree, parameterList);
  const nameSpan = macro ? { start: macro.span.start, end: macro.span.start + macro.name.length } : tree.span(name);
  return {
    name: macro ? macroFunctionName(tree.text, macro) : tree.textOf(name),
    nameSpan,
    span: { start, end: tree.end(row) },
    body: tree.span(bodyRow),
    row,
    bodyRow,
    isStatic,
    isInline,
    returnType: macro ? '' : typeWords.join(' ') + (stars && ` ${stars}`),
    parameters,
    annotations,
    clean: !tree.hasError(row),
  };
}

/** `SYSCALL_DEFINE2(mount, ...)` has no C name in the text; it is called after the macro and its first argument. */
function macroFunctionName(text: string, macro: Masked): string {
  const first = /^\s*\(\s*(\w+)/.exec(text.slice(macro.span.start + macro.name.length, macro.span.end));
  return first ? `${macro.name}(${first[1] ?? ''})` : macro.name;
}

function readParameters(tree: Tree, list: Row): CParameter[] {
  const parameters: CParameter[] = [];
  for (const child of tree.namedChildren(list)) {
    const span = tree.span(child);
    if (tree.kind(child) !== 'parameter_declaration') {
      // `...`, or what the parser made of a list in the old style.
      parameters.push({ name: null, type: fold(tree.textOf(child)), span });
      continue;
    }
    let name: Row = -1;
    for (let at = tree.childByField(child, 'declarator'); at >= 0;) {
      name = at;
      const inner = tree.childByField(at, 'declarator');
      at = inner >= 0 ? inner : tree.kind(at) === 'parenthesized_declarator' ? (tree.namedChildren(at)[0] ?? -1) : -1;
    }
    const named = name >= 0 && tree.kind(name) === 'identifier';
    const type = named ? tree.text.slice(span.start, tree.start(name)) + tree.text.slice(tree.end(name), span.end) : tree.textOf(child);
    const folded = fold(type);
    if (folded === 'void' && !named) continue;
    parameters.push({ name: named ? tree.textOf(name) : null, type: folded, span });
  }
  return parameters;
}

function fold(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
