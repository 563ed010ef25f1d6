// The commands and their options. Each command's work is loaded only when it is called.

import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { PrintKind } from '../protocol/analysis.ts';
import { visible } from '../core/report/terminal.ts';
import { toolVersion } from '../host/version.ts';
import type { ModelFlags } from './model-command.ts';
import { UsageError } from './output.ts';
import type { PrintFlags } from './print-command.ts';
import type { ReviewFlags } from './review-command.ts';
import { whyUnsafe } from '../host/tree/tree-path.ts';

const severities = ['error', 'warning', 'info', 'hint'] as const;
const statuses = ['introduced', 'touched', 'pre-existing', 'fixed', 'present'] as const;

/** Commands with a fixed name and meaning that answer that they are not there yet. */
const laterCommands = {
  compare: 'compare two versions of a series',
  reply: 'draft a reply',
  fix: 'apply fixes to a patch',
  baseline: 'keep findings that were judged',
};

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

const MAX_STATES = 2_000_000;

function stateBudget(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value) || value > MAX_STATES) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_STATES}.`);
  return value;
}

function positiveInteger(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value) || value > 64) throw new InvalidArgumentError('It must be a whole number from 1 to 64.');
  return value;
}

function list<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  return (text) =>
    text.split(',').map((word) => {
      const found = allowed.find((candidate) => candidate === word.trim());
      if (found === undefined) throw new InvalidArgumentError(`Allowed: ${allowed.join(', ')}.`);
      return found;
    });
}

function shard(text: string): [number, number] {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) throw new InvalidArgumentError('It must be I/N with I from 1 to N.');
  return [index, count];
}

/** Adds a folder of the tree to those that were named before. */
function collectFolder(folder: string, before: readonly string[]): readonly string[] {
  const named = folder.endsWith('/') ? folder.slice(0, -1) : folder;
  if (whyUnsafe(named) !== null) throw new InvalidArgumentError('It must be a folder of the tree, from its root: drivers/pci.');
  return [...before, named];
}

function addReviewOptions(command: Command): Command {
  return command
    .argument('[INPUT...]', 'mails, mbox files (.gz too), patches, C files, folders, a git range A..B, or - for standard input')
    .option('--kernel <DIR>', 'a kernel tree (default: the tree around the input or the working folder, if it is one)')
    .option('--follow <FOLDER>', 'a further folder of the tree into which calls are followed (repeatable)', collectFolder, [])
    .option('--era <ERA>', 'era of the API contracts: v6.12, v6.1, defdom-2020-v3, ... or auto', 'auto')
    .addOption(
      new Option('--format <FORMAT>', 'form of the result').choices(['text', 'json', 'sarif', 'markdown', 'github', 'b4']).default('text'),
    )
    .option('-o, --output <FILE>', 'write the result to a file')
    .option(
      '--status <LIST>',
      `which findings are shown, by ${statuses.join(', ')} (default: introduced; C files: present)`,
      list(statuses),
    )
    .addOption(new Option('--severity <LEVEL>', 'least severity that is shown (default: warning)').choices(severities))
    .option('--rule <LIST>', 'rules to switch on or off: +ID,-ID')
    .option('--notes', 'show notes (severity info) too')
    .option('--no-model', 'do not run the patch on the model')
    .option('--scenario <FILE>', 'a scenario to run the patch in')
    .option('--proposal <FILE>', 'a proposed change of the contracts')
    .option('--config <DIR>', 'folder with the configuration (.iommu-review)')
    .option('--baseline <FILE>', 'findings that were judged before')
    .addOption(
      new Option('--fail-on <LEVEL>', 'least severity that makes the exit status 1')
        .choices(['error', 'warning', 'info', 'never'])
        .default('error'),
    )
    .option('--budget <SECONDS>', 'outer time guard for the whole run', positive)
    .option('--jobs <N>', 'number of analysis processes', positiveInteger)
    .option('--shard <I/N>', 'review only part I of N', shard)
    .option('--timing', 'print times on standard error');
}

/** Builds the whole command line. `finish` is told the exit status of the command that ran. */
export function makeProgram(finish: (status: number) => void): Command {
  const program = new Command('iommu-review');
  program
    .description('Reviews Linux IOMMU and VFIO patches: mails, series, kernel C.')
    .version(toolVersion, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => process.stdout.write(text),
      writeErr: (text) => process.stderr.write(visible(text)),
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'iommu-review: '));
      },
    });

  addReviewOptions(program.command('review').description('review patches, whole series, or C files')).action(
    async (inputs: string[], flags: ReviewFlags) => {
      const { reviewCommand } = await import('./review-command.ts');
      finish(await reviewCommand(inputs, flags));
    },
  );

  program
    .command('explain')
    .description('print the manual page of a rule')
    .argument('<RULE>', 'id of the rule')
    .action(async (id: string) => {
      const { explainCommand } = await import('./rules-command.ts');
      finish(await explainCommand(id));
    });

  program
    .command('rules')
    .description('list the rules')
    .addOption(new Option('--format <FORMAT>', 'form of the list').choices(['text', 'json']).default('text'))
    .action(async (flags: { format: 'text' | 'json' }) => {
      const { rulesCommand } = await import('./rules-command.ts');
      finish(await rulesCommand(flags.format));
    });

  program
    .command('print')
    .description(
      'print what the parsers make of an input: its patch, the syntax of its C, its control-flow graphs, what callers see of its functions',
    )
    .addArgument(new Argument('<WHAT>', 'what to print').choices(['tree', 'ir', 'summary', 'patch']))
    .argument('[INPUT...]', 'as for review')
    .option('--kernel <DIR>', 'a kernel tree')
    .option('--follow <FOLDER>', 'a further folder of the tree into which calls are followed (repeatable)', collectFolder, [])
    .option('--function <NAME>', 'only this function')
    .addOption(new Option('--format <FORMAT>', 'form of the result').choices(['text', 'json']).default('text'))
    .action(async (what: PrintKind, inputs: string[], flags: PrintFlags) => {
      const { printCommand } = await import('./print-command.ts');
      finish(await printCommand(what, inputs, flags));
    });

  program
    .command('lsp')
    .description('start the language server for an editor')
    .option('--stdio', 'talk over standard input and output')
    .action(async (flags: { stdio?: boolean }) => {
      if (flags.stdio !== true) throw new UsageError('lsp needs --stdio');
      // The server is a bundle of its own beside this one, and reads its own arguments.
      await import(new URL('./server.js', import.meta.url).href);
    });

  const model = program.command('model').description('run scenarios on the model of groups and domains');
  model
    .command('list')
    .description('list the shipped scenarios, or what a scenario can call')
    .option('--calls', 'list the calls, with their arguments')
    .addOption(new Option('--format <FORMAT>', 'form of the list').choices(['text', 'json']).default('text'))
    .action(async (flags: { format: 'text' | 'json'; calls?: boolean }) => {
      const { modelCalls, modelList } = await import('./model-command.ts');
      finish(await (flags.calls === true ? modelCalls(flags.format) : modelList(flags.format)));
    });
  model
    .command('run')
    .description('run scenarios, all shipped ones without a name')
    .argument('[SCENARIO...]', 'ids of shipped scenarios, or YAML files')
    .option('--era <ERA>', 'only in this era')
    .option('--patch <INPUT>', 'run the code of this patch, in the scenarios or in those that come to call what it changes')
    .option('--kernel <DIR>', 'with --patch: a kernel tree')
    .option('--against <ERA>', 'show the steps that give something else in this era')
    .option('--trace', 'show the schedule of expected violations too')
    .option('--states <N>', 'budget of each search, in states (40000 unless given)', stateBudget)
    .option('--jobs <N>', 'number of analysis processes', positiveInteger)
    .addOption(new Option('--format <FORMAT>', 'form of the result').choices(['text', 'json', 'itf', 'mermaid']).default('text'))
    .action(async (names: string[], flags: ModelFlags) => {
      const { modelRun } = await import('./model-command.ts');
      finish(await modelRun(names, flags));
    });

  for (const [name, description] of Object.entries(laterCommands)) {
    program
      .command(name, { hidden: true })
      .description(description)
      .allowUnknownOption()
      .argument('[ARGUMENT...]')
      .action(() => {
        throw new UsageError(`${name} is not available in this version`);
      });
  }
  return program;
}
