#!/usr/bin/env node
// The command line: reads the arguments, calls one command, and turns its end into an exit status.

import { CommanderError } from 'commander';
import { Exit, quietBrokenPipe, say, UsageError } from './output.ts';
import { makeProgram } from './program.ts';

async function main(): Promise<number> {
  quietBrokenPipe();
  let status: number = Exit.ok;
  const program = makeProgram((value) => {
    status = value;
  });
  try {
    await program.parseAsync(process.argv);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? Exit.ok : Exit.usage;
    if (error instanceof UsageError) {
      say(error.message);
      return Exit.usage;
    }
    say(`internal error: ${error instanceof Error ? error.message : String(error)}`);
    if (process.env['IOMMU_REVIEW_DEBUG'] === '1' && error instanceof Error) say(error.stack ?? '');
    return Exit.internal;
  }
}

process.exitCode = await main();
