// Which function a finding and its places say that they are in.

import { expect, test } from 'vitest';
import type { Finding } from '../../server/src/protocol/finding.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { outside } from '../rules/review.ts';

const options = { era: 'v6.12', rulesOn: [], rulesOff: [], model: false };

function taking(name: string, first: string, second: string): string {
  return `static void ${name}(struct demo *demo)
{
	mutex_lock(&demo->${first});
	mutex_lock(&demo->${second});
	mutex_unlock(&demo->${second});
	mutex_unlock(&demo->${first});
}
`;
}

function inversions(text: string): readonly Finding[] {
  const path = 'drivers/iommu/demo.c';
  const unit = [{ kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(text) }] as const;
  return reviewUnit(unit, outside, options, neverCancelled).findings.filter((one) => one.rule === 'lock-order-inversion');
}

const declaration = 'struct demo { struct mutex lock; struct mutex list_lock; };\n';

test('A fact of several functions is shown in the one that it stands in, and its places in theirs', () => {
  const found = inversions(declaration + taking('demo_add', 'lock', 'list_lock') + taking('demo_del', 'list_lock', 'lock'));
  expect(found.map((one) => one.location?.function)).toEqual(['demo_add']);
  expect(found[0]?.related.map((place) => `${String(place.location?.function)} ${String(place.location?.line)}`)).toEqual([
    'demo_add 4',
    'demo_add 5',
    'demo_del 11',
    'demo_del 12',
  ]);
});

test('The name of a function is no part of the identity of such a fact', () => {
  const [one] = inversions(declaration + taking('demo_add', 'lock', 'list_lock') + taking('demo_del', 'list_lock', 'lock'));
  const [other] = inversions(declaration + taking('demo_put', 'lock', 'list_lock') + taking('demo_del', 'list_lock', 'lock'));
  expect(other?.fingerprint).toBe(one?.fingerprint);
});
