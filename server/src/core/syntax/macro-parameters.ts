// Parameters of functions that a macro heads: `SYSCALL_DEFINE2(mount, const char __user *, name, int, flags)`.

import type { CParameter, Masked } from './types.ts';

/** include/linux/syscalls.h, compat.h and filter.h of Linux 6.12: a name, then pairs of type and parameter. */
const pairMacro = /^(?:(?:COMPAT_)?SYSCALL(?:32)?_DEFINE\d|(?:NOTRACE_)?BPF_CALL_\d)$/;

/** The parameters that the macro of a heading makes; none for a macro whose arguments mean something else. */
export function macroParameters(text: string, macro: Masked): CParameter[] {
  if (!pairMacro.test(macro.name)) return [];
  const args = splitCall(text, macro.span.start + macro.name.length, macro.span.end);
  const parameters: CParameter[] = [];
  for (let at = 1; at + 1 < args.length; at += 2) {
    const [type, name] = [args[at], args[at + 1]];
    if (!type || !name) break;
    const word = /^\s*(\w+)\s*$/.exec(withoutComments(text.slice(name.start, name.end)))?.[1] ?? null;
    const start = type.start + (/^\s*/.exec(text.slice(type.start, type.end))?.[0].length ?? 0);
    parameters.push({ name: word, type: fold(text.slice(type.start, type.end)), span: { start, end: name.end } });
  }
  return parameters;
}

/** Stretches between the top-level commas of a call's parentheses; comments and what is in brackets do not count. */
function splitCall(text: string, from: number, to: number): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let depth = 0;
  let start = from;
  for (let at = from; at < to; at++) {
    const c = text[at];
    if (c === '/' && text[at + 1] === '*') {
      const end = text.indexOf('*/', at + 2);
      at = end < 0 || end + 1 >= to ? to : end + 1;
    } else if (c === '(' || c === '[' || c === '{') {
      if (depth++ === 0) start = at + 1;
    } else if (c === ')' || c === ']' || c === '}') {
      if (--depth > 0) continue;
      found.push({ start, end: at });
      break;
    } else if (c === ',' && depth === 1) {
      found.push({ start, end: at });
      start = at + 1;
    }
  }
  return found;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//g, ' ');
}

function fold(text: string): string {
  return withoutComments(text).replace(/\s+/g, ' ').trim();
}
