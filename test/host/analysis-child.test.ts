import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { AnalysisRequest, AnalysisResponse, MailInput } from '../../server/src/protocol/analysis.ts';
import { heldAtReturn } from '../cli/mails.ts';

const entry = fileURLToPath(new URL('../../dist/analysis.js', import.meta.url));
const options = { era: 'auto', rulesOn: [], rulesOff: [], model: false } as const;
const running: ChildProcess[] = [];

/** The real analysis process, with what it says on both of its channels. */
class Child {
  readonly process: ChildProcess;
  readonly control: Duplex;
  readonly announced: string[] = [];
  private readonly answers: AnalysisResponse[] = [];
  private wake: () => void = () => undefined;

  constructor() {
    this.process = fork(entry, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'] });
    running.push(this.process);
    this.control = this.process.stdio[4] as Duplex;
    this.control.on('data', (chunk: Buffer) => this.announced.push(...chunk.toString().trim().split('\n')));
    this.process.on('message', (message) => {
      this.answers.push(message as AnalysisResponse);
      this.wake();
    });
    this.send({ type: 'configure', configure: { kernel: null, trusted: false, parser: 'auto', oneRun: true } });
  }

  send(request: AnalysisRequest): void {
    this.process.send(request);
  }

  async next<K extends AnalysisResponse['type']>(type: K): Promise<Extract<AnalysisResponse, { type: K }>> {
    for (;;) {
      const found = this.answers.find((answer): answer is Extract<AnalysisResponse, { type: K }> => answer.type === type);
      if (found) return found;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}

function mail(text: string, path = 'a.patch'): MailInput {
  return { kind: 'mail', path, startLine: 1, bytes: Buffer.from(text) };
}

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

describe('the analysis process', () => {
  test('says before each parse which text it is, and when it is over', async () => {
    const child = new Child();
    child.send({ type: 'review', id: 1, unit: [mail(heldAtReturn)], options });
    const { report } = await child.next('reviewed');
    expect(report.findings.map((finding) => finding.rule)).toEqual(['lock-held-at-return']);
    expect(child.announced.length).toBeGreaterThan(0);
    expect(child.announced.filter((_, index) => index % 2 === 1).every((line) => line === '-')).toBe(true);
    expect(child.announced.filter((_, index) => index % 2 === 0).every((line) => /^\+[0-9a-f]{40}$/.test(line))).toBe(true);
  });

  test('does not parse a text that is set aside, says so, and reviews the rest', async () => {
    const child = new Child();
    const source = (path: string, text: string): Parameters<Child['send']>[0] => ({
      type: 'review',
      id: path === 'bad.c' ? 1 : 2,
      unit: [{ kind: 'source', path, treePath: null, bytes: Buffer.from(text) }],
      options,
    });
    const bad = 'int bad(void)\n{\n\treturn 0;\n}\n';
    child.send({ type: 'quarantine', texts: [createHash('sha1').update(bad).digest('hex')] });
    child.send(source('bad.c', bad));
    const { report } = await child.next('reviewed');
    expect(JSON.stringify([report.unknowns, report.inputs])).toContain('the parser died on this text');
    expect(report.stats.functions).toMatchObject({ analysed: 0 });
  });

  test.skipIf(process.platform === 'win32')('stops in the middle of its work when it is cancelled', async () => {
    const child = new Child();
    await child.next('ready');
    const unit = Array.from({ length: 2000 }, (_, index) =>
      mail(heldAtReturn.replace('lend-twice@', `lend-${String(index)}@`), `${String(index)}.patch`),
    );
    child.send({ type: 'review', id: 7, unit, options });
    setTimeout(() => child.control.write('7\n'), 100);
    expect(await child.next('cancelled')).toMatchObject({ id: 7 });
    child.send({ type: 'review', id: 8, unit: [mail(heldAtReturn)], options });
    expect((await child.next('reviewed')).id).toBe(8);
  });

  test('ends when its parent is gone', async () => {
    const child = new Child();
    await child.next('ready');
    child.process.disconnect();
    const status = await new Promise((resolve) => child.process.on('exit', resolve));
    expect(status).toBe(0);
  });
});
