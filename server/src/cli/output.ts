// Where a command's results and its talk go.

import { writeFileSync } from 'node:fs';
import { visible } from '../core/report/terminal.ts';

/** Exit statuses of the command line. */
export const Exit = {
  ok: 0,
  findings: 1,
  usage: 2,
  unreadable: 3,
  internal: 4,
  interrupted: 130,
} as const;

/** An error of the person at the keyboard: printed without a stack, ends the command with status 2. */
export class UsageError extends Error {}

/** A reader that goes away (`| head`) is no error of ours. */
export function quietBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(process.exitCode ?? Exit.ok);
    });
  }
}

/** Writes a result to a file, or to standard output, and waits until it is out. */
export async function writeResult(text: string, file: string | null): Promise<void> {
  if (file !== null) {
    try {
      writeFileSync(file, text);
    } catch (error) {
      const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
      throw new UsageError(`cannot write ${file}${code === undefined ? '' : `: ${code}`}`);
    }
    return;
  }
  await new Promise<void>((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}

/** One line of talk on standard error. */
export function say(message: string): void {
  process.stderr.write(`iommu-review: ${visible(message)}\n`);
}
