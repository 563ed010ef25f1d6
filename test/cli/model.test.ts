import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, run } from './run.ts';

let folder: string;

const claim = (result: string): string =>
  `id: mine\ntitle: a claim\neras: [v6.12]\nworld:\n  devices: { A: {} }\n  groups: { G: [A] }\n  users: [u1]\nthreads:\n  T1:\n    - claim(G, u1): ${result}\n`;

/** A patch that adds one function to the core. */
const adding = (name: string, body: string): string => {
  const lines = [`int ${name}(struct iommu_group *group, void *owner)`, '{', `\t${body}`, '}'];
  const file = 'drivers/iommu/iommu.c';
  const head = `Subject: [PATCH] iommu: Refuse\n\nRefuse.\n\n---\ndiff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n`;
  return `${head}@@ -100,0 +101,${String(lines.length)} @@\n${lines.map((line) => `+${line}\n`).join('')}`;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-model-'));
  writeFileSync(join(folder, 'right.yaml'), claim('0'));
  writeFileSync(join(folder, 'wrong.yaml'), claim('-EBUSY'));
  writeFileSync(join(folder, 'misspelt.yaml'), claim('0').replace('claim(', 'clam('));
  writeFileSync(join(folder, 'refuse.patch'), adding('iommu_group_claim_dma_owner', 'return -EBUSY;'));
  writeFileSync(join(folder, 'other.patch'), adding('demo_claim', 'return -EBUSY;'));
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

  test('list --calls has a line for each call, with its arguments and eras', async () => {
    const ended = await run(['model', 'list', '--calls']);
    expect(ended.stdout).toContain('claim(group, owner)  iommu_group_claim_dma_owner; v6.1, v6.12\n');
    expect(ended.stdout).toContain('IOMMU_IOAS_UNMAP(ctx, ioas, iova, length)  iommufd_ioas_unmap; v6.12\n');
    expect(ended.stdout).toContain('iommu_group_device_count(group)  defdom-2020-v3, defdom-merged, v6.1, v6.12\n');
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

  test('a call that is misspelt is named with its line and the nearest, and gives 3', async () => {
    const ended = await run(['model', 'run', 'misspelt.yaml'], { cwd: folder });
    expect(ended.stderr).toContain("misspelt.yaml:10: clam(G, u1): v6.12 has no call 'clam'; did you mean 'claim'?");
    expect(ended.status).toBe(3);
  });

  test('json has what was expected and what came, and the schedule of a violation', async () => {
    const ended = await run(['model', 'run', 'S001-14', '--format', 'json']);
    const [entry] = JSON.parse(ended.stdout) as { result: string; got: { violates: string[] }; trace: { steps: unknown[] } }[];
    expect(entry?.result).toBe('as expected');
    expect(entry?.got.violates).toEqual(['deadlock']);
    expect(entry?.trace.steps).toHaveLength(6);
  });

  test('run of a patch takes its code in the place of the call', async () => {
    const ended = await run(['model', 'run', 'right.yaml', '--patch', 'refuse.patch'], { cwd: folder });
    expect(ended.stdout).toContain('T1.1 claim(G, u1): expected 0, got -EBUSY');
    expect(ended.status).toBe(1);
    const fitting = await run(['model', 'run', 'wrong.yaml', '--patch', 'refuse.patch'], { cwd: folder });
    expect([fitting.stdout, fitting.status]).toEqual(['mine v6.12: as expected, 1 states\n1 of 1 runs as expected\n', 0]);
  });

  test('run of a patch that no scenario calls says so', async () => {
    const ended = await run(['model', 'run', '--patch', 'other.patch'], { cwd: folder });
    expect(ended.stderr).toContain('no scenario comes to call a function that the patch changes');
    expect(ended.status).toBe(0);
  });

  test('against another era it names the steps that differ', async () => {
    const ended = await run(['model', 'run', 'S001-16', '--era', 'v6.1', '--against', 'v6.12']);
    expect(ended.stdout).toBe('S001-16 T1.1 write_type(G, identity): -EBUSY -> 0\n');
  });

  test('several processes print the same bytes as one', async () => {
    const names = ['S000-1', 'S001-12c', 'S001-14', 'S004-18'];
    const one = await run(['model', 'run', ...names, '--trace']);
    const two = await run(['model', 'run', ...names, '--trace', '--jobs', '2']);
    expect([two.stdout, two.status]).toEqual([one.stdout, 0]);
  });

  test('a budget that ends says so, and is no success', async () => {
    const ended = await run(['model', 'run', 'S001-12b', '--era', 'defdom-merged', '--states', '5']);
    expect(ended.stdout).toContain('S001-12b defdom-merged: not finished: 5 states');
    expect(ended.status).toBe(1);
  });

  test('Ctrl-C ends a search with 130 and prints no result', async () => {
    const calls = (user: string, first: string, second: string): string =>
      [`open(${first}, ${user})`, `close(${first}, ${user})`, `open(${second}, ${user})`].map((call) => `    - ${call}: any\n`).join('');
    writeFileSync(
      join(folder, 'long.yaml'),
      `id: long\ntitle: long\neras: [v6.12]\nworld:\n  devices: { A: {pci: "01:00.0", multifunction: true}, B: {pci: "01:00.1", multifunction: true} }\n  groups: { G: [A, B] }\n  bound: { A: vfio, B: vfio }\n  users: [u1, u2]\nthreads:\n  T1:\n${calls('u1', 'A', 'B')}  T2:\n${calls('u2', 'B', 'A')}  T3:\n    - write_type(G, identity): any\n    - unbind(B): any\n    - bind(B, nic): any\n    - unbind(B): any\n`,
    );
    const child = spawn(process.execPath, [cli, 'model', 'run', join(folder, 'long.yaml'), '--states', '2000000']);
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    child.kill('SIGINT');
    // A process that had not come to listen yet is ended by the signal, which a shell shows as 130 as well.
    const status = await new Promise((resolve) =>
      child.on('close', (code, signal) => {
        resolve(signal === 'SIGINT' ? 130 : code);
      }),
    );
    expect([status, printed]).toEqual([130, '']);
  }, 30_000);
});
