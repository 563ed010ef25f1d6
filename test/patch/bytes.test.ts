// Whatever bytes stand in a mail and whatever charset it claims, the patch keeps its bytes and its hunk its counts.

import { describe, expect, test } from 'vitest';
import { bytesOf, encodeUtf8 } from '../../server/src/core/patch/bytes.ts';
import { plainLines } from '../../server/src/core/patch/byteLine.ts';
import { parseDiff } from '../../server/src/core/patch/diff/diff.ts';
import { printDiff } from '../../server/src/core/patch/diff/printDiff.ts';
import { parseMessage } from '../../server/src/core/patch/message.ts';
import { decodeCharset } from '../../server/src/host/charset.ts';
import { byteCases } from './support/byteCases.ts';

describe.each(byteCases)('$name', ({ mail, added }) => {
  const message = parseMessage(bytesOf(mail), { path: 'x.eml', startLine: 1 }, { decode: decodeCharset });
  const hunk = message.patch?.files[0]?.hunks[0];

  test('the hunk has its four lines, and the added one its bytes', () => {
    expect(hunk).toMatchObject({ oldStart: 3, oldCount: 3, newStart: 3, newCount: 3, repaired: false });
    expect(hunk?.lines.map((line) => line.kind)).toEqual(['context', 'removed', 'added', 'context']);
    const line = hunk?.lines[2];
    expect(line?.raw ?? `+${encodeUtf8(line?.text ?? '')}`).toBe(added);
    expect(line?.place.line).toBe(mail.split('\n').indexOf(added) + 1);
  });

  test('what is read is printed as it came', () => {
    const taken = parseDiff(plainLines(mail));
    expect(taken.refusal).toBeNull();
    expect(printDiff(taken) === mail).toBe(true);
  });
});
