// The synthetic tree of the judge: pre-images built from the hunks alone, with filler lines between them.

import type { FileChange } from '../../../server/src/core/patch/types.ts';
import { lineBytes } from '../../../server/src/core/patch/diff/applyHunks.ts';

/** The text before the patch, as the judge makes it; a byte string. */
export function preImage(file: FileChange): string {
  const out: string[] = [];
  let line = 1;
  let fillers = 0;
  const filler = (): void => {
    out.push(`/* filler ${++fillers} of a synthetic pre-image */\n`);
  };
  for (const hunk of file.hunks) {
    const start = hunk.oldStart + (hunk.oldCount === 0 ? 1 : 0);
    for (; line < start; line++) filler();
    for (const one of hunk.lines) {
      if (one.kind === 'added') continue;
      out.push(lineBytes(one));
      line++;
    }
  }
  const last = file.hunks.at(-1);
  if (last === undefined) filler();
  else {
    let trailing = 0;
    for (let at = last.lines.length - 1; at >= 0 && last.lines[at]?.kind === 'context'; at--) trailing++;
    const whole = last.lines.every((one) => !one.noNewline);
    if (trailing >= 3 && whole && file.kind !== 'delete') for (let more = 0; more < 10; more++) filler();
  }
  return out.join('');
}
