import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { AnalysisPool, type JobResult, type PoolLimits } from '../../server/src/host/analysis/pool.ts';
import type { MailInput } from '../../server/src/protocol/analysis.ts';

const entry = fileURLToPath(new URL('children/scripted.mjs', import.meta.url));
const options = { what: 'patch', function: null, format: 'text' } as const;
const pools: AnalysisPool[] = [];

function makePool(children = 1, limits: Partial<PoolLimits> = {}, kernel: string | null = null): AnalysisPool {
  const pool = new AnalysisPool({ entry, children, configure: { kernel, trusted: false, parser: 'auto' }, limits });
  pools.push(pool);
  return pool;
}

function mail(text: string): MailInput {
  return { kind: 'mail', path: 'a.patch', startLine: 1, bytes: Buffer.from(text) };
}

function print(pool: AnalysisPool, text: string, signal?: AbortSignal): Promise<JobResult<string>> {
  return pool.print(mail(text), options, signal);
}

afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

describe('the analysis processes', () => {
  test('answer one after the other, in order', async () => {
    const pool = makePool();
    const answers = await Promise.all(['a', 'b', 'c'].map((text) => print(pool, text)));
    expect(answers).toEqual(['parsed 1', 'parsed 2', 'parsed 3'].map((value) => ({ ok: true, value })));
    expect(pool.parser).toBe('wasm');
  });

  test('a text that kills the parser is set aside, and the rest of its unit is still done', async () => {
    const pool = makePool();
    expect(await print(pool, 'good\nabort-in-parser\ngood too')).toEqual({ ok: true, value: 'parsed,quarantined,parsed 1' });
    expect(pool.quarantine).toHaveLength(1);
    expect(await print(pool, 'abort-in-parser')).toEqual({ ok: true, value: 'quarantined 2' });
  });

  test('what one process learns of a deadly text, the others know', async () => {
    const pool = makePool(2);
    await print(pool, 'abort-in-parser');
    const answers = await Promise.all([print(pool, 'slow'), print(pool, 'abort-in-parser'), print(pool, 'abort-in-parser')]);
    expect(answers.slice(1).every((answer) => answer.ok && answer.value.startsWith('quarantined'))).toBe(true);
    expect(pool.quarantine).toHaveLength(1);
  });

  test('a text in whose parse somebody killed the process is tried again, and set aside if that happens twice', async () => {
    const pool = makePool();
    const folder = mkdtempSync(join(tmpdir(), 'killed-once-'));
    expect(await print(pool, `killed-once-in-parser ${join(folder, 'once')}`)).toEqual({ ok: true, value: 'parsed 1' });
    rmSync(folder, { recursive: true });
    expect(pool.quarantine).toEqual([]);
    expect(await print(pool, 'killed-in-parser\ngood')).toEqual({ ok: true, value: 'quarantined,parsed 1' });
    expect(pool.quarantine).toHaveLength(1);
  });

  test('a parse that hangs is ended, and its text set aside', async () => {
    const pool = makePool(1, { parseMs: 300 });
    expect(await print(pool, 'hang-in-parser\ngood')).toEqual({ ok: true, value: 'quarantined,parsed 1' });
  });

  test('a process that dies outside the parser is tried once more, and then its work is given up alone', async () => {
    const pool = makePool();
    const [dead, next] = await Promise.all([print(pool, 'die-outside'), print(pool, 'good')]);
    expect(dead).toMatchObject({ ok: false, reason: 'died', message: 'the analysis process died: it ended with status 9' });
    expect(next).toEqual({ ok: true, value: 'parsed 1' });
  });

  test('work that goes on too long is ended, and the next is done', async () => {
    const pool = makePool(1, { workMs: 300 });
    const [late, next] = await Promise.all([print(pool, 'hang-outside'), print(pool, 'good')]);
    expect(late).toMatchObject({ ok: false, reason: 'time' });
    expect(next.ok).toBe(true);
  });

  test('a bug in the analysis is told as one, and the process goes on', async () => {
    const pool = makePool();
    expect(await print(pool, 'throws')).toEqual({ ok: false, reason: 'failed', message: 'a bug' });
    expect(await print(pool, 'good')).toEqual({ ok: true, value: 'parsed 1' });
  });

  test('a process that has grown too large is replaced', async () => {
    const pool = makePool();
    const before = await print(pool, 'pid');
    await pool.index([]);
    const after = await print(pool, 'pid');
    expect(before.ok && after.ok && before.value !== after.value).toBe(true);
  });

  test('cancelled work is answered at once; waiting work goes on', async () => {
    const pool = makePool(1, { cancelGraceMs: 100 });
    const stop = new AbortController();
    const hanging = print(pool, 'hang-outside', stop.signal);
    const waiting = print(pool, 'good');
    const never = print(pool, 'good', stop.signal);
    stop.abort();
    expect(await hanging).toMatchObject({ ok: false, reason: 'cancelled' });
    expect(await never).toMatchObject({ ok: false, reason: 'cancelled' });
    expect(await waiting).toEqual({ ok: true, value: 'parsed 1' });
  });

  test('where no process can start, the work fails with the reason', async () => {
    const pool = makePool(1, {}, 'unusable');
    expect(await print(pool, 'good')).toEqual({
      ok: false,
      reason: 'unusable',
      message: 'the analysis process does not start: no parser',
    });
  });

  test('new settings replace the processes and keep the waiting work', async () => {
    const pool = makePool();
    const work = [print(pool, 'slow'), print(pool, 'good')];
    pool.reconfigure({ kernel: null, trusted: true, parser: 'auto' });
    const [slow, good] = await Promise.all(work);
    expect(slow?.ok).toBe(true);
    expect(good).toEqual({ ok: true, value: 'parsed 1' });
  });

  test('a closed pool answers what is left as cancelled', async () => {
    const pool = makePool();
    const work = [print(pool, 'hang-outside'), print(pool, 'good')];
    pool.close();
    expect(await Promise.all(work)).toEqual([
      { ok: false, reason: 'cancelled', message: 'stopped' },
      { ok: false, reason: 'cancelled', message: 'stopped' },
    ]);
    expect(await print(pool, 'good')).toMatchObject({ ok: false, reason: 'cancelled' });
  });
});
