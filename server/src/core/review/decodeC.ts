import type { Problem } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';

/** C text as UTF-8, or as latin1 where that fails, which `problems` says. */
export function decodeC(bytes: Uint8Array, outside: Outside): { text: string; problems: Problem[] } {
  const text = outside.decode(bytes, 'utf-8') ?? '';
  if (!text.includes('\ufffd')) return { text, problems: [] };
  const latin = outside.decode(bytes, 'latin1') ?? text;
  return { text: latin, problems: [{ kind: 'charset', line: null, message: 'the file is not UTF-8 and was read as latin1' }] };
}
