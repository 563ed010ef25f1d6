// What an invariant is: a page that explains it, a check, and a step that breaks it (so that the check is known to be able to fail).

import { livesOf } from '../calls/lives.ts';
import type { Statement } from '../machine/code.ts';
import type { Cpu } from '../machine/cpu.ts';
import type { Value } from '../machine/names.ts';

export interface Invariant {
  readonly id: string;
  readonly title: string;
  /** Kernel function, mail or document that states it. */
  readonly source: string;
  /** Id of a shipped scenario in which it holds although something near it happens. */
  readonly holds: string;
  /** Fields whose writes can break it. */
  readonly fields: readonly string[];
  /** `group`: checked for each live group, once its mutex is free. `settled`: over everything, once no group mutex is held. `call`: at the end of a call. */
  readonly scope: 'group' | 'settled' | 'call';
  /** A lock that guards more of it than the mutex: the group's lock in VFIO. */
  readonly section?: 'group_lock';
  /** What is wrong, or null. The subject is a group for scope `group`, a thread for scope `call`. */
  readonly check: (c: Cpu, subject: string) => string | null;
  /** Breaks it in a world of G = {A, B} with the default domain `dma1` and nothing else. */
  readonly broken: (c: Cpu) => void;
}

/** An invariant that no look at the world finds: the step that breaks it reports it, or the machine, or the end of a schedule. */
export interface StepInvariant {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly holds: string;
  /** Who reports it. */
  readonly reportedBy: string;
  /** A call of v6.12 or steps of our own that break it in the world of G = {A, B} with the default domain `dma1`. */
  readonly broken: readonly Statement[];
}

export const text = (value: Value): string => (value === null ? 'NULL' : String(value));

export const list = (c: Cpu, object: string, field: string): readonly string[] => {
  const value = c.peek(object, field);
  return typeof value === 'object' && value !== null ? value : [];
};

export const name = (c: Cpu, object: string, field: string): string | null => {
  const value = c.peek(object, field);
  return typeof value === 'string' ? value : null;
};

export const count = (c: Cpu, object: string, field: string): number => {
  const value = c.peek(object, field);
  return typeof value === 'number' ? value : 0;
};

/** Members whose hardware uses another domain than the group says. A device that its driver has released has no domain any more. */
export const strayMembers = (c: Cpu, group: string): string[] =>
  list(c, group, 'devices').filter(
    (dev) =>
      c.peek(dev, 'attach_deferred') !== true &&
      c.peek(dev, 'released') !== true &&
      c.peek(dev, 'iommu_dev') === true &&
      c.peek(dev, 'hw_domain') !== c.peek(group, 'domain'),
  );

/** What the call that ends now was, and how it ended: set by the thread's own procedure around each call. */
export interface EndedCall {
  readonly action: string;
  readonly args: readonly string[];
  readonly ret: string;
  readonly failed: boolean;
  /** Values taken when the call began. */
  readonly before: (key: string) => Value;
}

export function endedCall(c: Cpu, thread: string): EndedCall {
  const place = `thread ${thread}`;
  const ret = text(c.peek(place, 'ret'));
  return {
    action: text(c.peek(place, 'action')),
    args: list(c, place, 'args').map((arg) => {
      const now = c.peek(livesOf(arg), 'now');
      return typeof now === 'string' ? now : arg;
    }),
    ret,
    failed: ret.startsWith('-E'),
    before: (key) => c.peek(place, `before ${key}`),
  };
}
