// How calls of iommufd refuse what they are given.

import type { Cpu } from '../../machine/cpu.ts';
import type { Statement } from '../../machine/code.ts';
import { act, give, when } from '../../machine/code.ts';
import { failed, local } from '../terms.ts';
import { takes } from './objects.ts';

/** Ends the call with -ENOENT unless the local names an IOAS of the context. */
export const needIoas = (name = 'ioas'): Statement[] => [
  act('check', `{${name}} is an IOAS?`, (c) => c.put('ret', takes(c, c.v(name), c.v('ctx'), ['ioas']) ? 0 : '-ENOENT')),
  when(failed('ret'), [give(local('ret'))]),
];

/** Ends the call with the error that the test gives, if it gives one. */
export const refuse = (label: string, test: (c: Cpu) => string | 0): Statement[] => [
  act('check', label, (c) => c.put('ret', test(c))),
  when(failed('ret'), [give(local('ret'))]),
];
