// Finds functions by the kernel's layout with nothing of the front end: the yardstick for "this function was parsed".

export interface ReferenceFunction {
  readonly name: string;
  readonly start: number;
  readonly brace: number;
  readonly end: number;
}

/** The text with comments, the inside of literals, preprocessor lines and `#if 0` branches as spaces; line ends stay. */
export function masked(text: string): string {
  const plain = withoutHidden(text);
  if (!/^[ \t]*#[ \t]*if[ \t]+0\b/m.test(text)) return plain;
  const lines = plain.split('\n');
  let depth = 0;
  let dead = 0;
  text.split('\n').forEach((line, at) => {
    const directive = /^\s*#\s*(if|ifdef|ifndef|else|elif|endif)\b\s*(\S*)/.exec(line);
    if (directive?.[1]?.startsWith('if')) {
      depth++;
      if (dead === 0 && directive[1] === 'if' && directive[2] === '0') dead = depth;
    } else if (directive) {
      if (dead === depth) dead = 0;
      if (directive[1] === 'endif') depth--;
    } else if (dead > 0) lines[at] = ' '.repeat(line.length);
  });
  return lines.join('\n');
}

function withoutHidden(text: string): string {
  const chars = text.split('');
  const hide = (from: number, to: number, by: string): number => {
    for (let at = from; at < to; at++) if (chars[at] !== '\n') chars[at] = by;
    return to;
  };
  const until = (mark: string, from: number): number => {
    const at = text.indexOf(mark, from);
    return at < 0 ? text.length : at;
  };
  let lineStart = true;
  for (let at = 0; at < text.length;) {
    const char = text[at];
    if (char === '/' && text[at + 1] === '*') at = hide(at, Math.min(until('*/', at + 2) + 2, text.length), ' ');
    else if (char === '/' && text[at + 1] === '/') at = hide(at, until('\n', at), ' ');
    else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      at = hide(at + 1, Math.min(end, text.length), 'x') + 1;
      lineStart = false;
    } else if (char === '#' && lineStart) at = hide(at, directiveEnd(text, at), ' ');
    else {
      if (char === '\n') lineStart = true;
      else if (char !== ' ' && char !== '\t') lineStart = false;
      at++;
    }
  }
  return chars.join('');
}

function directiveEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text.startsWith('/*', at)) at = Math.max(at, text.indexOf('*/', at + 2) + 1);
    else if (text[at] === '\n' && text[at - 1] !== '\\') return at;
  }
  return text.length;
}

/** Functions whose body's braces stand at column 0, in order. */
export function referenceFunctions(text: string, mask: string = masked(text)): ReferenceFunction[] {
  const found: ReferenceFunction[] = [];
  for (let brace = mask.startsWith('{') ? 0 : mask.indexOf('\n{') + 1; brace > 0 || (brace === 0 && mask.startsWith('{'));) {
    const one = functionAt(mask, brace);
    if (one) found.push(one);
    const from = one ? one.end - 2 : brace;
    brace = mask.indexOf('\n{', from) + 1;
  }
  return found;
}

function functionAt(mask: string, brace: number): ReferenceFunction | null {
  const lineEnd = mask.indexOf('\n', brace);
  const line = mask.slice(brace, lineEnd < 0 ? mask.length : lineEnd).trimEnd();
  const close = line.length > 1 && line.endsWith('}') ? brace + line.length - 1 : mask.indexOf('\n}', brace) + 1;
  if (close <= 0) return null;
  let depth = 0;
  let from = brace - 1;
  for (; from >= 0; from--) {
    const char = mask[from] ?? '';
    if (char === ')') depth++;
    else if (char === '(') depth--;
    else if (depth <= 0 && (char === ';' || char === '}' || char === '{')) break;
  }
  const heading = mask.slice(from + 1, brace);
  if (!heading.includes(')') || /[=,;{}]\s*$/.test(heading) || /^\s*(?:typedef\s+)?(?:struct|union|enum)\b[^()]*$/.test(heading))
    return null;
  const start = from + 1 + heading.search(/\S/);
  return { name: /\b(\w+)\s*\(/.exec(heading)?.[1] ?? '?', start, brace, end: close + 1 };
}
