// The tables of the default-domain change: how a type is resolved, and which error each precondition gives.

import { describe, expect, it } from 'vitest';
import { lastResult, runSteps } from './worlds.ts';

type Def = '0' | 'identity' | 'DMA';
const DEFS: readonly Def[] = ['0', 'identity', 'DMA'];
const device = (def: Def): string => (def === '0' ? 'max_pasids: 1' : `def_type: ${def}`);

describe('resolution of the type', () => {
  // request, mandatory type, what V3 and the merged form do, what the two shorthands of the review do. "0" is BLOCKED.
  const rows: readonly [string, Def, string, string, string][] = [
    ['auto', '0', 'DMA', 'BLOCKED', 'DMA'],
    ['auto', 'identity', 'IDENTITY', 'IDENTITY', 'IDENTITY'],
    ['auto', 'DMA', 'DMA', 'DMA', 'DMA'],
    ['identity', '0', 'IDENTITY', 'IDENTITY', 'IDENTITY'],
    ['identity', 'identity', 'IDENTITY', 'IDENTITY', 'IDENTITY'],
    ['identity', 'DMA', '-EINVAL', '-EINVAL', 'IDENTITY'],
    ['DMA', '0', 'DMA', 'DMA', 'DMA'],
    ['DMA', 'DMA', 'DMA', 'DMA', 'DMA'],
    ['DMA', 'identity', '-EINVAL', '-EINVAL', 'DMA'],
  ];
  for (const era of ['defdom-2020-v3', 'defdom-merged']) {
    for (const [request, def, posted, first, second] of rows) {
      it(`${era}: ${request} with ${def}`, () => {
        const outcome = (variant: string | undefined): string => {
          const run = runSteps(era, { device: device(def), ...(variant === undefined ? {} : { variant }) }, [
            `write_type(G, ${request}): any`,
          ]);
          const result = lastResult(run);
          if (result !== '0') return result;
          return endType(run);
        };
        expect(outcome(undefined)).toBe(posted);
        expect(outcome('shorthand-1')).toBe(first);
        expect(outcome('shorthand-2')).toBe(second);
      });
    }
  }
});

type Run = ReturnType<typeof runSteps>;

function endType({ machine }: Run): string {
  if (machine === null) throw new Error('not built');
  let state = machine.initial();
  while (machine.enabled(0, state).status === 'ready') state = machine.apply(0, state, 0).state;
  const domain = machine.read(state, 'G', 'default_domain');
  return String(machine.read(state, String(domain), 'type'));
}

describe('the preconditions of a write, against a table of its own', () => {
  interface Row {
    readonly bound: string | null;
    readonly user: boolean;
    readonly members: 0 | 1 | 2;
    readonly def: Def;
    readonly request: string;
  }

  /** What the documented order of tests gives. The global default is DMA, so a group without a mandatory type has DMA. */
  function expected(era: string, row: Row): string {
    const current = row.def === 'identity' ? 'identity' : 'DMA';
    const kernel = row.bound === 'nic' && row.members > 0;
    const isBound = row.bound !== null && row.members > 0;
    const owned = row.user && !kernel && row.members > 0;
    const wanted = row.request === 'auto' ? current : row.request;
    const conflict = row.request !== 'auto' && row.def !== '0' && row.request !== row.def;
    if (era === 'v6.12') {
      if (row.members === 0) return '-EINVAL';
      if (row.request === 'DMA-FQ' && current === 'DMA') return '0';
      if (kernel || owned) return '-EPERM';
      return conflict ? '-EINVAL' : '0';
    }
    const lazy = row.request === 'DMA-FQ';
    if (lazy && era !== 'v6.1') return '-EINVAL';
    if (row.members !== 1) return '-EINVAL';
    if (isBound && !(lazy && current === 'DMA')) return '-EBUSY';
    if (owned) return '-EBUSY';
    return conflict && wanted !== current ? '-EINVAL' : '0';
  }

  for (const era of ['defdom-2020-v3', 'defdom-merged', 'v6.1', 'v6.12']) {
    it(`${era}: driver x user x members x mandatory type x request, one result each`, () => {
      const wrong: string[] = [];
      const users = era.startsWith('defdom') ? [false] : [false, true];
      for (const bound of [null, 'stub', 'vfio', 'nic']) {
        if (bound === 'vfio' && era.startsWith('defdom')) continue;
        for (const user of users) {
          for (const members of [0, 1, 2] as const) {
            for (const def of DEFS) {
              for (const request of ['identity', 'DMA', 'DMA-FQ', 'auto']) {
                const row = { bound, user, members, def, request };
                const claim = user ? ['claim(G, u1): any'] : [];
                if (members === 0 && user) continue;
                const got = lastResult(
                  runSteps(era, { bound, members, device: device(def) }, [...claim, `write_type(G, ${request}): any`]),
                );
                if (got !== expected(era, row)) wrong.push(`${JSON.stringify(row)}: ${got}, expected ${expected(era, row)}`);
              }
            }
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  }

  const single: readonly [string, string, Parameters<typeof runSteps>[1], readonly string[], string][] = [
    ['no capability', 'v6.12', { options: 'no_rawio: true' }, ['write_type(G, identity): any'], '-EACCES'],
    ['no capability', 'defdom-2020-v3', { options: 'no_rawio: true' }, ['write_type(G, identity): any'], '-EACCES'],
    ['an unknown word', 'v6.1', {}, ['write_type(G, lazy): any'], '-EINVAL'],
    [
      'no def_domain_type op in V3',
      'defdom-2020-v3',
      { options: 'no_def_domain_type_op: true' },
      ['write_type(G, identity): any'],
      '-EINVAL',
    ],
    ['no def_domain_type op as merged', 'defdom-merged', { options: 'no_def_domain_type_op: true' }, ['write_type(G, identity): any'], '0'],
    ['no memory at all', 'defdom-merged', { options: 'no_alloc: [identity], def_domain_type: DMA' }, ['write_type(G, identity): any'], '0'],
    ['a static default domain', 'v6.12', { options: 'static_default_domain: identity' }, ['write_type(G, DMA): any'], '-EINVAL'],
    [
      'a static default domain, its own type',
      'v6.12',
      { options: 'static_default_domain: identity' },
      ['write_type(G, identity): any'],
      '0',
    ],
    ['lazy for an untrusted device', 'v6.1', { device: 'untrusted: true' }, ['write_type(G, DMA-FQ): any'], '-EINVAL'],
    ['lazy for an untrusted device', 'v6.12', { device: 'untrusted: true' }, ['write_type(G, DMA-FQ): any'], '0'],
    ['identity for an untrusted device', 'v6.12', { device: 'untrusted: true' }, ['write_type(G, identity): any'], '-EINVAL'],
  ];
  for (const [what, era, world, steps, result] of single) {
    it(`${era}: ${what}`, () => {
      expect(lastResult(runSteps(era, world, steps))).toBe(result);
    });
  }

  it('a flush queue that cannot be allocated', () => {
    for (const era of ['v6.1', 'v6.12']) {
      const run = runSteps(era, {}, ['{ call: "write_type(G, DMA-FQ)", returns: any, fail: flush_queue }']);
      expect(lastResult(run), era).toBe('-ENOMEM');
    }
  });
});

describe('error codes of ownership, by era', () => {
  const rows: readonly [string, readonly string[], Readonly<Record<string, string>>][] = [
    ['a kernel driver is bound, a user claims', ['bind(A, nic): any', 'claim(G, u1): any'], { 'v6.1': '-EPERM', 'v6.12': '-EPERM' }],
    ['a user owns, a kernel driver binds', ['claim(G, u1): any', 'bind(A, nic): any'], { 'v6.1': '-EBUSY', 'v6.12': '-EBUSY' }],
    ['a second user', ['claim(G, u1): any', 'claim(G, u2): any'], { 'v6.1': '-EPERM', 'v6.12': '-EPERM' }],
    ['the same user again', ['claim(G, u1): any', 'claim(G, u1): any'], { 'v6.1': '-EPERM', 'v6.12': '-EPERM' }],
    ['no owner', ['claim(G, NULL): any'], { 'v6.1': '0', 'v6.12': '-EINVAL' }],
    ['a private domain', ['m = alloc(A): ok', 'attach(m, A): 0', 'claim(G, u1): any'], { 'v6.1': '-EBUSY', 'v6.12': '-EBUSY' }],
    ['a device claim over kernel drivers', ['bind(A, nic): any', 'device_claim(A, u1): any'], { 'v6.12': '-EPERM' }],
    ['a device claim by the owner', ['device_claim(A, u1): any', 'device_claim(A, u1): any'], { 'v6.12': '0' }],
    ['a device claim without owner', ['device_claim(A, NULL): any'], { 'v6.12': '-EINVAL' }],
  ];
  for (const [what, steps, results] of rows) {
    for (const [era, result] of Object.entries(results)) {
      it(`${era}: ${what}`, () => {
        expect(lastResult(runSteps(era, {}, steps))).toBe(result);
      });
    }
  }
});
