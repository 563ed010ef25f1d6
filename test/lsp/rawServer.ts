// dist/server.js as a process, spoken to byte by byte.

import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

export interface Answer {
  readonly id?: number | string | null;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
  readonly params?: unknown;
}

export class RawServer {
  private readonly process: ChildProcess;
  private unread = Buffer.alloc(0);
  private readonly waiting = new Map<number | string, (answer: Answer) => void>();
  private next = 1;
  readonly messages: Answer[] = [];
  stderr = '';
  exit: number | null = null;

  /** @param nodeArgs Options of Node itself. */
  constructor(args: readonly string[] = ['--stdio'], file = program, nodeArgs: readonly string[] = []) {
    this.process = spawn(process.execPath, [...nodeArgs, file, ...args], { stdio: 'pipe' });
    this.process.stdout?.on('data', (chunk: Buffer) => this.take(chunk));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString('utf8')));
    this.process.stdin?.on('error', () => undefined);
    this.process.on('exit', (code) => (this.exit = code ?? -1));
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  get alive(): boolean {
    return this.exit === null;
  }

  /** Bytes as they are. */
  raw(bytes: string | Uint8Array): void {
    this.process.stdin?.write(bytes);
  }

  /** A message in a right frame, whatever it holds. */
  frame(message: unknown): void {
    const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    this.raw(`Content-Length: ${body.length}\r\n\r\n`);
    this.raw(body);
  }

  notify(method: string, params: unknown): void {
    this.frame({ jsonrpc: '2.0', method, params });
  }

  request(method: string, params: unknown): Promise<Answer> {
    const id = this.next++;
    const answer = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.frame({ jsonrpc: '2.0', id, method, params });
    return answer;
  }

  async initialize(capabilities: object = { textDocument: { diagnostic: {} } }): Promise<Answer> {
    const answer = await this.request('initialize', { processId: process.pid, rootUri: null, capabilities });
    this.notify('initialized', {});
    return answer;
  }

  /** Closes the stream to the server. */
  end(): void {
    this.process.stdin?.end();
  }

  stop(): void {
    this.process.kill('SIGKILL');
  }

  private take(chunk: Buffer): void {
    this.unread = Buffer.concat([this.unread, chunk]);
    for (;;) {
      const end = this.unread.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/.exec(this.unread.subarray(0, Math.max(0, end)).toString('latin1'))?.[1]);
      if (end < 0 || this.unread.length < end + 4 + length) return;
      const message = JSON.parse(this.unread.subarray(end + 4, end + 4 + length).toString('utf8')) as Answer;
      this.unread = this.unread.subarray(end + 4 + length);
      this.messages.push(message);
      if (message.id !== undefined && message.id !== null && message.method === undefined) {
        this.waiting.get(message.id)?.(message);
        this.waiting.delete(message.id);
      }
    }
  }
}
