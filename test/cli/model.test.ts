import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from './run.ts';

let folder: string;

const claim = (result: string): string =>
  `id: mine\ntitle: a claim\neras: [v6.12]\nworld:\n  devices: { A: {} }\n  groups: { G: [A] }\n  users: [u1]\nthreads:\n  T1:\n    - claim(G, u1): ${result}\n`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-model-'));
  writeFileSync(join(folder, 'right.yaml'), claim('0'));
  writeFileSync(join(folder, 'wrong.yaml'), claim('-EBUSY'));
  writeFileSync(join(folder, 'broken.yaml'), claim('0').replace('users', 'usres'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('model', () => {
  test('list has a line for each scenario', async () => {
    const ended = await run(['model', 'list']);
    expect(ended.stdout).toContain('two users claim one group (v6.1, v6.12)');
    expect(ended.status).toBe(0);
  });

  test('run of a file that holds what it expects is 0, of another one 1 with the difference', async () => {
    const right = await run(['model', 'run', 'right.yaml'], { cwd: folder });
    expect([right.stdout, right.status]).toEqual(['mine v6.12: as expected, 1 states\n1 of 1 runs as expected\n', 0]);
    const wrong = await run(['model', 'run', 'wrong.yaml'], { cwd: folder });
    expect(wrong.stdout).toContain('T1.1 claim(G, u1): expected -EBUSY, got 0');
    expect(wrong.status).toBe(1);
  });

  test('a file that is no scenario is named with its line, and gives 3', async () => {
    const ended = await run(['model', 'run', 'broken.yaml', 'right.yaml'], { cwd: folder });
    expect(ended.stderr).toContain("broken.yaml:7: unknown key 'usres' in world");
    expect(ended.stdout).toContain('1 of 1 runs as expected');
    expect(ended.status).toBe(3);
  });

  test('json has what was expected and what came, and the schedule of a violation', async () => {
    const ended = await run(['model', 'run', 'S001-14', '--format', 'json']);
    const [entry] = JSON.parse(ended.stdout) as { result: string; got: { violates: string[] }; trace: { steps: unknown[] } }[];
    expect(entry?.result).toBe('as expected');
    expect(entry?.got.violates).toEqual(['deadlock']);
    expect(entry?.trace.steps).toHaveLength(6);
  });

  test('against another era it names the steps that differ', async () => {
    const ended = await run(['model', 'run', 'S001-16', '--era', 'v6.1', '--against', 'v6.12']);
    expect(ended.stdout).toBe('S001-16 T1.1 write_type(G, identity): -EBUSY -> 0\n');
  });
});
