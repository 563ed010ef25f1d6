// Mails of a series of our own, made from the diffs of its parts.

import type { UnitInput } from '../../server/src/protocol/analysis.ts';

/** The parts of a series as `[PATCH n/m]` mails of one thread. */
export function seriesOf(diffs: readonly string[]): UnitInput[] {
  return diffs.map((diff, index) => {
    const part = `${String(index + 1)}/${String(diffs.length)}`;
    const head = [
      'From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001',
      'From: Robin Example <robin@example.org>',
      `Date: Mon, 6 Apr 2020 10:00:0${String(index)} +0200`,
      `Subject: [PATCH ${part}] demo: Step ${part}`,
      `Message-ID: <demo-${String(index + 1)}@example.org>`,
      ...(index === 0 ? [] : ['In-Reply-To: <demo-1@example.org>', 'References: <demo-1@example.org>']),
      '',
      'A step.',
      '',
      '---',
    ];
    const text = `${head.join('\n')}\n${diff}`;
    return { kind: 'mail', path: `/mails/${String(index + 1)}.patch`, startLine: 1, bytes: new TextEncoder().encode(text) };
  });
}
