import { describe, expect, test } from 'vitest';
import { readSubject } from '../../server/src/core/patch/mail/tag.ts';

describe('subject tags', () => {
  test.each([
    ['[PATCH] vfio: one', { isPatch: true, isReply: false, version: 1, part: null, rfc: false, resend: false }, 'vfio: one'],
    ['[PATCH V3 1/3] iommu: a  b', { isPatch: true, version: 3, part: [1, 3] }, 'iommu: a b'],
    ['[Patch v8] iommu: c', { isPatch: true, version: 8, part: null }, 'iommu: c'],
    ['RE: [RFC v2 06/20] iommu: d', { isPatch: true, isReply: true, rfc: true, version: 2, part: [6, 20] }, 'iommu: d'],
    ['[RFC PATCH 00/14] e', { isPatch: true, rfc: true, part: [0, 14] }, 'e'],
    ['[RESEND PATCH v8 01/11] f', { resend: true, version: 8, part: [1, 11] }, 'f'],
    ['[PATCHv4 2/9] g', { isPatch: true, version: 4, part: [2, 9] }, 'g'],
    ['[v3,1/2] h', { isPatch: true, version: 3, part: [1, 2] }, 'h'],
    ['AW: Re[2]: [RFC/PATCH v2.1] i', { isPatch: true, isReply: true, rfc: true, version: 2 }, 'i'],
    ['[iommu] [PATCH net-next v5 3/4] [wip] j', { isPatch: true, version: 5, part: [3, 4] }, 'j'],
    ['RFC PATCH v2 1/3: k: l', { isPatch: true, rfc: true, version: 2, part: [1, 3] }, 'k: l'],
    ['[RFC v2] a design', { isPatch: false, rfc: true, version: 2 }, 'a design'],
    ['Fwd: [PATCH 1/2] m', { isPatch: true, isReply: false }, 'm'],
    ['iommu: v2 of what 1/2 did', { isPatch: false, version: 1, part: null }, 'iommu: v2 of what 1/2 did'],
    ['[PATCH unclosed', { isPatch: false }, '[PATCH unclosed'],
  ])('%s', (subject, tag, title) => {
    const reading = readSubject(subject);
    expect(reading.tag).toMatchObject(tag);
    expect(reading.title).toBe(title);
  });

  test('no subject claims nothing', () => {
    expect(readSubject(null)).toEqual({
      tag: { isPatch: false, isReply: false, version: 1, part: null, rfc: false, resend: false },
      title: '',
    });
  });
});
