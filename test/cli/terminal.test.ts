import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostile } from '../report/reports.ts';
import { heldAtReturn } from './mails.ts';
import { cli, run, sample } from './run.ts';

const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|\udb40/;

describe('bytes of a mail on the terminal', () => {
  test.each(['text', 'json', 'sarif'])('as %s: hostile strings in subject, author, path and code come out visible', async (format) => {
    const evil = hostile.filter((text) => !/[\n\r\ud800]/.test(text)).join(' ');
    const mail = heldAtReturn
      .replace('Refuse to lend', `Refuse ${evil} to lend`)
      .replace('Ada Lindqvist', `Ada ${evil}`)
      .replace('return -EBUSY;', `return -EBUSY; /* ${evil} */`)
      .replaceAll('drivers/iommu/lend.c', 'drivers/iommu/\u202elend.c');
    const { stdout, stderr } = await run(['review', '-', '--format', format, '--notes'], { input: mail });
    expect(stdout).toContain('lock-held-at-return');
    expect(stdout).not.toMatch(harmful);
    expect(stderr).not.toMatch(harmful);
  });

  test('names of files and of options too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    try {
      const name = 'a\u001b[31m\u202eb.patch';
      writeFileSync(join(folder, name), heldAtReturn);
      for (const args of [
        [name],
        [`${name}-missing`],
        ['--era', '\u001b]52;c;eA==\u0007', 'x'],
        ['--\u001b[2J', 'x'],
        ['--kernel', '\u009b2J', 'x'],
      ]) {
        const { stdout, stderr } = await run(['review', ...args], { cwd: folder });
        expect(stdout + stderr).not.toBe('');
        expect(stdout).not.toMatch(harmful);
        expect(stderr).not.toMatch(harmful);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('bytes of a mail in a printed patch', () => {
  test.each(['text', 'json'])('as %s: they come out visible', async (format) => {
    const evil = hostile.filter((text) => !/[\n\r\ud800]/.test(text)).join(' ');
    const mail = heldAtReturn
      .replace('Refuse to lend', `Refuse ${evil} to lend`)
      .replace('Ada Lindqvist', `Ada ${evil}`)
      .replaceAll('drivers/iommu/lend.c', 'drivers/iommu/\u202elend.c');
    const { stdout, stderr } = await run(['print', 'patch', '-', '--format', format], { input: mail });
    expect(stdout).toContain('Refuse');
    expect(stdout).not.toMatch(harmful);
    expect(stderr).not.toMatch(harmful);
  });
});

describe('a command that is left early', () => {
  test('a reader that goes away is no error', async () => {
    const child = spawn(process.execPath, [cli, 'review', sample, '--format', 'json']);
    const err: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdout.destroy();
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(Buffer.concat(err).toString()).toBe('');
    expect([0, 1]).toContain(status);
  });

  test.skipIf(process.platform !== 'linux').each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with status 130, and its processes with it',
    async (signal) => {
      const child = spawn(process.execPath, [cli, 'review', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
      // It waits for its input, and listens to signals by the time its analysis process has started.
      const before = await untilChildren(child.pid ?? 0);
      child.kill(signal);
      const status = await new Promise((resolve) => child.on('exit', resolve));
      expect(status).toBe(130);
      expect(before.length).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 200));
      for (const pid of before) expect(isAlive(pid)).toBe(false);
    },
  );
});

async function untilChildren(pid: number): Promise<number[]> {
  for (;;) {
    const found = childrenOf(pid);
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Whether a process runs; one that has ended and waits to be collected does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
