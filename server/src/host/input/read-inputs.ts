// From the arguments of a command to mails and C files, one at a time and in order.

import { createReadStream, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import type { UnitInput } from '../../protocol/analysis.ts';
import { pathInTree } from '../tree/kernel-tree.ts';
import { filesOfFolder } from './folder.ts';
import { HEAD_SIZE, isLikelyMail, kindOf } from './kind.ts';
import { defaultInputLimits, type InputLimits } from './limits.ts';
import { mailsOf } from './mailbox.ts';
import { isRange, patchesOfRange } from './range.ts';
import { gunzipped, isGzip, peek, ReadStop } from './unpack.ts';

/** Why something could not be read, or not wholly. */
export interface ReadProblem {
  readonly kind: 'missing' | 'unreadable' | 'binary' | 'empty' | 'limit' | 'damaged' | 'refused';
  readonly message: string;
}

/** One thing found behind an argument. `argument` is its index; a file of a folder has its own `path`. */
export type ReadItem =
  | { readonly type: 'unit'; readonly argument: number; readonly unit: UnitInput }
  | { readonly type: 'problem'; readonly argument: number; readonly path: string; readonly problem: ReadProblem };

export interface ReadContext {
  /** Where relative paths begin. */
  readonly cwd: string;
  /** Root of the kernel tree, absolute and without symbolic links, or null. */
  readonly kernel: string | null;
  /** The repository in which a git range is looked up, if git may be run there. */
  readonly repository: string | null;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly limits?: InputLimits;
}

const megabyte = 1024 * 1024;

const words: Record<string, string> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'it is a folder',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
};

/** An error of the file system in words, without paths. */
export function inWords(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return words[code ?? ''] ?? (code === undefined ? 'it cannot be read' : `it cannot be read (${code})`);
}

class Reader {
  private readonly limits: InputLimits;

  constructor(private readonly context: ReadContext) {
    this.limits = context.limits ?? defaultInputLimits;
  }

  async *argument(argument: number, text: string): AsyncGenerator<ReadItem> {
    if (text === '-') {
      yield* this.stream(argument, 'stdin', '-', this.context.stdin);
      return;
    }
    let stats: Stats;
    try {
      stats = statSync(resolve(this.context.cwd, text));
    } catch (error) {
      if (isRange(text)) yield* this.range(argument, text);
      else yield { type: 'problem', argument, path: text, problem: { kind: 'missing', message: inWords(error) } };
      return;
    }
    if (stats.isDirectory()) yield* this.folder(argument, text);
    else yield* this.file(argument, text);
  }

  private async *folder(argument: number, folder: string): AsyncGenerator<ReadItem> {
    try {
      const { files, isCut } = filesOfFolder(resolve(this.context.cwd, folder), this.limits);
      const prefix = resolve(this.context.cwd, folder);
      for (const file of files) yield* this.file(argument, folder.replace(/\/$/, '') + file.slice(prefix === '/' ? 0 : prefix.length));
      if (files.length === 0) {
        yield { type: 'problem', argument, path: folder, problem: { kind: 'empty', message: 'no mail, patch or C file in this folder' } };
      }
      if (isCut) {
        const message = `only ${String(files.length)} files of this folder were read: it has more, or folders that are too deep or closed`;
        yield { type: 'problem', argument, path: folder, problem: { kind: 'limit', message } };
      }
    } catch (error) {
      yield { type: 'problem', argument, path: folder, problem: { kind: 'unreadable', message: inWords(error) } };
    }
  }

  private async *file(argument: number, path: string): AsyncGenerator<ReadItem> {
    const full = resolve(this.context.cwd, path);
    yield* this.stream(argument, full, path, createReadStream(full, { highWaterMark: 256 * 1024 }));
  }

  private async *range(argument: number, range: string): AsyncGenerator<ReadItem> {
    const { repository } = this.context;
    if (repository === null) {
      const message = 'no such file, and no git repository here in which it could be a range';
      yield { type: 'problem', argument, path: range, problem: { kind: 'missing', message } };
      return;
    }
    const result = await patchesOfRange(repository, range);
    if (!result.ok) {
      yield { type: 'problem', argument, path: range, problem: { kind: 'refused', message: `git: ${result.message}` } };
      return;
    }
    const { stdout } = result;
    async function* once(): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      if (stdout.length > 0) yield stdout;
    }
    for await (const item of this.stream(argument, null, range, once())) {
      yield item.type === 'unit' && item.unit.kind === 'mail' ? { ...item, unit: { ...item.unit, origin: 'range' } } : item;
    }
  }

  /** Reads one stream of bytes. `full` is the file's absolute path, or null where it is no file. */
  private async *stream(argument: number, full: string | null, path: string, source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadItem> {
    const problem = (kind: ReadProblem['kind'], message: string): ReadItem => ({
      type: 'problem',
      argument,
      path,
      problem: { kind, message },
    });
    try {
      const packed = await peek(source, HEAD_SIZE);
      const isPacked = isGzip(packed.head);
      const { head, all } = isPacked ? await peek(gunzipped(packed.all, this.limits), HEAD_SIZE) : packed;
      const name = isPacked ? path.replace(/\.gz$/i, '') : path;
      const kind = isPacked && isGzip(head) ? 'binary' : kindOf(head, name);
      if (kind === 'binary' || (kind === 'empty' && !isPacked)) {
        yield problem(kind, kind === 'empty' ? 'the file is empty' : 'a binary file: no mail, patch or C source');
        await all.return(undefined);
        return;
      }
      if (kind === 'source') yield* this.source(argument, full, path, all);
      else if (isLikelyMail(head)) yield* this.mails(argument, path, all);
      else yield* this.unlikely(argument, path, all);
    } catch (error) {
      if (error instanceof ReadStop) yield problem(error.kind, error.message);
      else yield problem('unreadable', inWords(error));
    }
  }

  private async *source(argument: number, full: string | null, path: string, all: AsyncIterable<Uint8Array>): AsyncGenerator<ReadItem> {
    const { bytes, stop } = await wholeText(all, this.limits.maxSource);
    const { kernel } = this.context;
    const treePath = full === null || kernel === null ? null : pathInTree(kernel, full);
    if (stop?.kind !== 'limit') yield { type: 'unit', argument, unit: { kind: 'source', path, treePath, bytes } };
    if (stop !== null) throw stop;
  }

  private async *mails(argument: number, path: string, all: AsyncIterable<Uint8Array>): AsyncGenerator<ReadItem> {
    for await (const mail of mailsOf(all, this.limits.maxText)) {
      yield {
        type: 'unit',
        argument,
        unit: { kind: 'mail', path, startLine: mail.startLine, bytes: mail.bytes, unquotedLines: mail.unquotedLines },
      };
      if (!mail.truncated) continue;
      const message = `the mail at line ${String(mail.startLine)} is longer than ${size(this.limits.maxText)}; its rest was left out`;
      yield { type: 'problem', argument, path, problem: { kind: 'limit', message } };
    }
  }

  /** A text that does not begin like a mail or a diff: a short one is for the mail reader to judge. */
  private async *unlikely(argument: number, path: string, all: AsyncIterable<Uint8Array>): AsyncGenerator<ReadItem> {
    const { bytes, stop } = await wholeText(all, this.limits.maxUnlikely);
    if (stop?.kind === 'limit') throw new ReadStop('empty', 'no mail header and no diff near its beginning');
    yield { type: 'unit', argument, unit: { kind: 'mail', path, startLine: 1, bytes } };
    if (stop !== null) throw stop;
  }
}

function size(bytes: number): string {
  return `${String(bytes / megabyte)} MiB`;
}

/** The bytes of a stream that is one text, and why it stopped before its end: over the limit, damaged. */
async function wholeText(
  source: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<{ readonly bytes: Uint8Array; readonly stop: ReadStop | null }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let stop: ReadStop | null = null;
  try {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > limit) throw new ReadStop('limit', `it is longer than ${size(limit)}`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (!(error instanceof ReadStop)) throw error;
    stop = error;
  }
  return { bytes: Buffer.concat(chunks), stop };
}

/**
 * Everything behind the arguments, in their order: files (packed or not), folders, `-` for standard input, git ranges. Never throws:
 * what cannot be read becomes a problem in its place, and the rest goes on.
 */
export async function* readInputs(args: readonly string[], context: ReadContext): AsyncGenerator<ReadItem> {
  const reader = new Reader(context);
  for (const [argument, text] of args.entries()) yield* reader.argument(argument, text);
}
