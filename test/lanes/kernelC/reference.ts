// Finds functions by the kernel's layout with nothing of the front end: the yardstick for "this function was parsed".

export interface ReferenceFunction {
  readonly name: string;
  readonly start: number;
  readonly brace: number;
  readonly end: number;
}

/** The text with comments, the inside of literals, preprocessor lines and `#if 0` branches as spaces; line ends stay. */
export function masked(text: string): string {
  // One alternative for each thing that hides code; what matches none is passed over character by character.
  const hidden =
    /\/\*[\s\S]*?(?:\*\/|$(?![\s\S]))|\/\/[^\n]*|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|(?<=^[ \t]*)#(?:\\\r?\n|\/\*[\s\S]*?\*\/|[^\n])*/gm;
  const blank = (found: string): string =>
    found.startsWith('"') || found.startsWith("'") ? found.replace(/[^\n"']/g, 'x') : found.replace(/[^\n]/g, ' ');
  const plain = text.replace(hidden, blank);
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
  return { name: /([A-Za-z_]\w*)\s*\(/.exec(heading)?.[1] ?? '?', start, brace, end: close + 1 };
}
