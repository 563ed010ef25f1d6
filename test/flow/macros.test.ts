// Macros of a file that take or give back locks: their text runs where they stand.

import { describe, expect, it } from 'vitest';
import { flowOf, graphOf, procedureOf } from './source.ts';

const pair =
  '#define PORT_LOCK(p) mutex_lock(&(p)->lock)\n#define PORT_UNLOCK(p) do { (p)->users--; mutex_unlock(&(p)->lock); } while (0)\n';

describe('a macro of the file', () => {
  it('runs with the arguments of its call, at the place of the call', () => {
    const text = `${pair}void f(struct port *port) { PORT_LOCK(port->peer); PORT_UNLOCK(port->peer); }\n`;
    const calls = procedureOf(text).blocks.flatMap((block) => block.instructions.flatMap((one) => (one.op === 'call' ? [one] : [])));
    expect(calls.map((call) => call.name)).toEqual(['mutex_lock', 'mutex_unlock']);
    expect(calls.map((call) => text.slice(call.span.start, call.span.end))).toEqual(['PORT_LOCK(port->peer)', 'PORT_UNLOCK(port->peer)']);
  });

  it('leaves the function where its text returns', () => {
    const text = '#define CHECK(c) do { if (c) return -1; } while (0)\nint f(int x) { CHECK(x); return 0; }\n';
    expect(graphOf(text).filter((line) => line.includes('return'))).toHaveLength(2);
  });

  it('gives the value of its text', () => {
    const text = '#define TRY(p) (mutex_trylock(&(p)->lock))\nint f(struct port *p) { if (!TRY(p)) return 1; return 0; }\n';
    const flow = flowOf(text);
    const exits = flow.summaryOf('f')?.exits.map((exit) => [exit.returns, exit.effects.map((effect) => effect.action)]);
    expect(exits).toEqual([
      [[1, 1], []],
      [[0, 0], ['take']],
    ]);
  });

  it('stays a call where it stands in a macro that nobody knows, and where its arguments do not fit', () => {
    const calls = (text: string): (string | null)[] =>
      procedureOf(text).blocks.flatMap((block) => block.instructions.flatMap((one) => (one.op === 'call' ? [one.name] : [])));
    expect(calls(`${pair}void f(struct port *p) { SLEEP_UNTIL(p->done, PORT_LOCK(p), PORT_UNLOCK(p)); }\n`)).toEqual([
      'PORT_LOCK',
      'PORT_UNLOCK',
      'SLEEP_UNTIL',
    ]);
    expect(calls(`${pair}void f(struct port *p) { PORT_LOCK(p, 1); }\n`)).toEqual(['PORT_LOCK']);
  });

  it('does not grow without end', () => {
    const doubling = Array.from({ length: 40 }, (_, at) => `#define M${String(at)}(p) M${String(at + 1)}(p); M${String(at + 1)}(p)\n`).join(
      '',
    );
    const procedure = procedureOf(`${doubling}#define M40(p) mutex_lock(p)\nvoid f(struct mutex *m) { M0(m); }\n`);
    expect(procedure.blocks.flatMap((block) => block.instructions).length).toBeLessThan(1000);
  });
});
