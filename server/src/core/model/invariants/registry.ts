// All invariants, in order: those that a look at the world finds, and those that a step, the machine or the end of a schedule reports.
// I29, I30 and I35 speak of state that the present eras do not have.

import { I1 } from './I1.ts';
import { I10 } from './I10.ts';
import { I11 } from './I11.ts';
import { I12 } from './I12.ts';
import { I13 } from './I13.ts';
import { I14 } from './I14.ts';
import { I15 } from './I15.ts';
import { I16 } from './I16.ts';
import { I17 } from './I17.ts';
import { I18 } from './I18.ts';
import { I19 } from './I19.ts';
import { I2 } from './I2.ts';
import { I20 } from './I20.ts';
import { I21 } from './I21.ts';
import { I22 } from './I22.ts';
import { I23 } from './I23.ts';
import { I24 } from './I24.ts';
import { I25 } from './I25.ts';
import { I26 } from './I26.ts';
import { I27 } from './I27.ts';
import { I28 } from './I28.ts';
import { I3 } from './I3.ts';
import { I31 } from './I31.ts';
import { I32 } from './I32.ts';
import { I33 } from './I33.ts';
import { I34 } from './I34.ts';
import { I36 } from './I36.ts';
import { I4 } from './I4.ts';
import { I5 } from './I5.ts';
import { I6 } from './I6.ts';
import { I7 } from './I7.ts';
import { I8 } from './I8.ts';
import { I9 } from './I9.ts';
import { dmaRouting } from './dmaRouting.ts';
import type { Invariant, StepInvariant } from './invariant.ts';

export const invariants: readonly Invariant[] = [
  I1,
  I2,
  I3,
  I4,
  I5,
  I6,
  I7,
  I9,
  I10,
  I11,
  I13,
  I14,
  I15,
  I16,
  I17,
  I18,
  I19,
  I20,
  I21,
  I22,
  I23,
  I24,
  I25,
  I26,
  I27,
  I28,
  I33,
  dmaRouting,
];

export const stepInvariants: readonly StepInvariant[] = [I8, I12, I31, I32, I34, I36];
