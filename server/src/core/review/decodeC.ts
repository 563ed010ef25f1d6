import type { Problem } from '../../protocol/report.ts';
import type { Outside } from '../base/outside.ts';
import { decodeSource } from '../base/source-text.ts';

/** C text as UTF-8, or as latin1 where that fails, which `problems` says. */
export function decodeC(bytes: Uint8Array, outside: Outside): { text: string; problems: Problem[] } {
  const { text, isLatin1 } = decodeSource(bytes, outside);
  const problems: Problem[] = [{ kind: 'charset', line: null, message: 'the file is not UTF-8 and was read as latin1' }];
  return { text, problems: isLatin1 ? problems : [] };
}
