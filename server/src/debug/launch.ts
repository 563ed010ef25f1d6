// From a launch configuration to the trace that is stepped through. What is wrong with it is said in words.

import { readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shippedScenarios } from '../core/model/catalogue.ts';
import { eraById, eras } from '../core/model/eras/eras.ts';
import { readScenario } from '../core/model/scenario/read.ts';
import type { Scenario } from '../core/model/scenario/scenario.ts';
import { shippedTexts } from '../core/model/shipped.ts';
import { AnalysisPool } from '../host/analysis/pool.ts';
import { isKernelTree } from '../host/tree/kernel-tree.ts';
import type { Trace } from '../protocol/finding.ts';
import { NotATrace, readTrace } from './read-trace.ts';

/** Something that the user has to change in the configuration. */
export class LaunchProblem extends Error {}

/** A scenario as text, so that its calls can be shown. */
export interface ScenarioText {
  readonly name: string;
  /** Absolute path of its file; null for one that is shipped. */
  readonly path: string | null;
  readonly text: string;
  readonly scenario: Scenario;
}

export interface Launch {
  readonly trace: Trace;
  /** Null where the scenario of the trace is not at hand. */
  readonly scenario: ScenarioText | null;
  /** Root of a kernel tree in which code beside the patch is shown, or null. */
  readonly kernel: string | null;
  /** Folder that relative paths count from. */
  readonly cwd: string;
  readonly stopOnEntry: boolean;
}

/** Follows the run of a scenario. */
export interface RunWatch {
  readonly signal: AbortSignal;
  /** Hears once that a run begins, and then now and then how many states it has seen. */
  running(scenario: string, states: number): void;
}

const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Reads `{trace, fingerprint, scenario, era, kernel, cwd, stopOnEntry}`. `trace` is a path, or the trace itself; with a path, the file
 * holds a trace, a review (`fingerprint` then names the finding) or what `model run --format json` prints (`scenario` and `era` choose).
 * Without `trace`, the scenario is run in a process of its own: `watch` hears what is done, and can end it. Rejects with `LaunchProblem`.
 */
export async function readLaunch(value: unknown, watch: RunWatch): Promise<Launch> {
  const args: Readonly<Record<string, unknown>> = typeof value === 'object' && value !== null ? { ...value } : {};
  const cwd = textOf(args, 'cwd') ?? process.cwd();
  const wanted = { fingerprint: textOf(args, 'fingerprint'), scenario: textOf(args, 'scenario'), era: textOf(args, 'era') };
  const given = args['trace'];
  const kernel = textOf(args, 'kernel');
  if (kernel !== null && (!isAbsolute(kernel) || !isKernelTree(kernel)))
    throw new LaunchProblem(`"kernel" names no kernel tree: ${kernel}`);
  const stopOnEntry = args['stopOnEntry'] !== false;
  if (given !== undefined && given !== null) {
    const found = typeof given === 'string' ? traceOfFile(resolve(cwd, given), wanted) : given;
    const trace = checked(found, typeof given === 'string' ? given : '"trace"');
    return { trace, scenario: scenarioText(trace.scenario), kernel, cwd, stopOnEntry };
  }
  if (wanted.scenario === null)
    throw new LaunchProblem('the configuration needs "trace" (a file with a trace or a review) or "scenario" (its name, or a YAML file)');
  const scenario = scenarioOf(wanted.scenario, cwd);
  return { trace: await runFor(scenario, wanted.era, watch), scenario, kernel, cwd, stopOnEntry };
}

interface Wanted {
  readonly fingerprint: string | null;
  readonly scenario: string | null;
  readonly era: string | null;
}

function textOf(args: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = args[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.includes('\0')) throw new LaunchProblem(`"${name}" has to be a text`);
  return value;
}

function checked(value: unknown, name: string): Trace {
  try {
    return readTrace(value);
  } catch (error) {
    if (error instanceof NotATrace) throw new LaunchProblem(`${name} is no trace that can be stepped through: ${error.message}`);
    throw error;
  }
}

function readText(path: string, what: string): string {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw new LaunchProblem(`${what} ${path} is larger than ${String(MOST_BYTES / 1024 / 1024)} MB`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof LaunchProblem) throw error;
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    throw new LaunchProblem(`${what} ${path} cannot be read${code === undefined ? '' : ` (${code})`}`);
  }
}

/** The trace in a file: alone, of a finding of a review, or of a run of the model. */
function traceOfFile(path: string, wanted: Wanted): unknown {
  let data: unknown;
  try {
    data = JSON.parse(readText(path, 'the trace'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new LaunchProblem(`${path} is not JSON: ${error.message}`);
    throw error;
  }
  if (isRecord(data) && Array.isArray(data['steps'])) return data;
  const findings = isRecord(data) && Array.isArray(data['findings']) ? data['findings'].filter(isRecord) : null;
  if (findings !== null) return ofFindings(findings, path, wanted.fingerprint);
  const runs = Array.isArray(data) ? data.filter(isRecord) : null;
  if (runs !== null) return ofRuns(runs, path, wanted);
  throw new LaunchProblem(`${path} holds no trace, no review and no run of the model`);
}

function ofFindings(findings: readonly Record<string, unknown>[], path: string, fingerprint: string | null): unknown {
  const traced = findings.filter((finding) => isRecord(finding['trace']));
  const chosen = fingerprint === null ? traced : traced.filter((finding) => finding['fingerprint'] === fingerprint);
  const [first, ...others] = chosen;
  if (first !== undefined && others.length === 0) return first['trace'];
  const names = traced.map((finding) => `${String(finding['fingerprint'])} (${String(finding['rule'])})`).join(', ');
  if (traced.length === 0) throw new LaunchProblem(`no finding of ${path} has a trace`);
  if (first === undefined)
    throw new LaunchProblem(`no finding of ${path} with a trace has the fingerprint ${fingerprint ?? ''}; there are ${names}`);
  throw new LaunchProblem(`several findings of ${path} have a trace; "fingerprint" has to name one: ${names}`);
}

function ofRuns(runs: readonly Record<string, unknown>[], path: string, { scenario, era }: Wanted): unknown {
  const chosen = runs.filter(
    (run) => isRecord(run['trace']) && (scenario === null || run['scenario'] === scenario) && (era === null || run['era'] === era),
  );
  const [first, ...others] = chosen;
  if (first !== undefined && others.length === 0) return first['trace'];
  if (first === undefined) throw new LaunchProblem(`no run in ${path} has a trace for this scenario and era`);
  const names = chosen.map((run) => `${String(run['scenario'])} ${String(run['era'])}`).join(', ');
  throw new LaunchProblem(`several runs of ${path} have a trace; "scenario" and "era" have to name one: ${names}`);
}

function scenarioText(id: string): ScenarioText | null {
  const name = `${id}.yaml`;
  const text = shippedTexts.find(([file]) => file === name)?.[1];
  const scenario = shippedScenarios().find((one) => one.id === id);
  return text === undefined || scenario === undefined ? null : { name, path: null, text, scenario };
}

function scenarioOf(name: string, cwd: string): ScenarioText {
  if (!/\.ya?ml$/u.test(name)) {
    const shipped = scenarioText(name);
    if (shipped === null) throw new LaunchProblem(`there is no scenario ${name}; "iommu-review model list" shows them`);
    return shipped;
  }
  const path = resolve(cwd, name);
  const text = readText(path, 'the scenario');
  const read = readScenario(text);
  if (read.ok) return { name, path, text, scenario: read.scenario };
  const [problem] = read.problems;
  throw new LaunchProblem(`${name}:${String(problem?.line ?? 1)}: ${problem?.message ?? 'no scenario'}`);
}

/** Runs a scenario in an era, or in all of its eras: the trace of the first one in which some schedule violates something. */
async function runFor({ text, scenario }: ScenarioText, era: string | null, watch: RunWatch): Promise<Trace> {
  if (era !== null && eraById(era) === null)
    throw new LaunchProblem(`there is no era ${era} in the model (there are ${eras.map((one) => one.id).join(', ')})`);
  watch.running(scenario.id, 0);
  const configure = { kernel: null, trusted: false, parser: 'auto' } as const;
  // Modules of the bundle lie in one folder, and so does the program of the analysis process.
  const entry = join(dirname(fileURLToPath(import.meta.url)), 'analysis.js');
  const pool = new AnalysisPool({ entry, children: 1, configure });
  try {
    const task = { text, era, against: null, format: 'json', trace: false, maxStates: null } as const;
    const result = await pool.model(task, watch.signal, (states) => watch.running(scenario.id, states));
    if (!result.ok) throw new LaunchProblem(result.reason === 'cancelled' ? 'the run was cancelled' : `not run: ${result.message}`);
    const { runs } = result.value;
    const trace = runs.find((run) => run.entry.trace !== null)?.entry.trace;
    if (trace) return trace;
    const why = runs.map(({ entry: run }) =>
      [
        run.era,
        run.result === 'not finished' ? 'the run was not finished' : (run.got.differences[0] ?? 'no schedule violates anything'),
      ].join(': '),
    );
    throw new LaunchProblem(`${scenario.id} has no schedule to step through (${why.join('; ') || 'it is run in none of these eras'})`);
  } finally {
    pool.close();
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
