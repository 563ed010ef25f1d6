// Orders of locks that only the patches of a series together show, in real mails. Run with `npm run lanes`.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import type { UnitInput } from '../../server/src/protocol/analysis.ts';
import { outside } from '../rules/review.ts';
import { material, readMbox } from './oracle/material.ts';

/** Second posting of "IOASID extensions for guest SVA", August 2020: all parts that are at hand. The fourth is not. */
const series = '<1598070918-21321-';

/** The reviewer said of the sixth part that it takes the two locks in opposite orders; the author agreed. */
const told =
  'info 6/9: ioasid_alloc_set() takes ioasid_nb_lock while it holds ioasid_allocator_lock, and ioasid_register_notifier_mm() takes them in the opposite order';

function inputOf(path: string, bytes: Uint8Array): UnitInput {
  return { kind: 'mail', path, startLine: 1, bytes };
}

test('A reviewer told the order of two locks that two parts make together, and so do we', () => {
  const archive = readMbox('corpus/patches-2019-2020.mbox.gz').filter(({ bytes }) => {
    const head = new TextDecoder('latin1').decode(bytes.subarray(0, 8000));
    return head.toLowerCase().includes(`\nmessage-id: ${series}`);
  });
  expect(archive.length).toBeGreaterThan(5);
  const sixth = readFileSync(material('corpus/labelled/mail/acf7deadc2d5.eml'));
  const unit = [...archive.map(({ bytes }, at) => inputOf(String(at), bytes)), inputOf('sixth', sixth)];
  const options = { era: 'auto', rulesOn: [], rulesOff: [], model: false };
  const said = (inputs: readonly UnitInput[]): string[] =>
    reviewUnit(inputs, outside, options, neverCancelled).findings.flatMap((one) =>
      one.rule === 'lock-order-inversion' ? [`${one.severity} ${one.introducedIn ?? ''}: ${one.message}`] : [],
    );
  expect(said(unit)).toEqual([told]);
  expect(unit.flatMap((one) => said([one]))).toEqual([]);
});
