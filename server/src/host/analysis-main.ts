// The analysis process: parser and core live here, and nothing else does. It answers its parent's requests one after the other and
// prints nothing; it ends when its parent does.

import './analysis/engine.ts';
import type { AnalysisRequest, AnalysisResponse, Configure, UnitInput } from '../protocol/analysis.ts';
import { Cancelled, neverCancelled, type CancelToken } from '../core/base/cancel.ts';
import type { Outside } from '../core/base/outside.ts';
import { runModelTask } from '../core/review/modelTask.ts';
import { EditedSources } from '../core/review/edited-source.ts';
import { locksOf } from '../core/review/locks.ts';
import { printUnit } from '../core/review/print.ts';
import { indexMail } from '../core/review/record.ts';
import { reviewUnit } from '../core/review/unit.ts';
import { ControlPipe } from './analysis/control-pipe.ts';
import { CacheFiles, cacheFolder } from './index/cache-files.ts';
import { TreeAge } from './index/tree-age.ts';
import type { IndexOfTree } from './index/tree-index.ts';
import { openWorld } from './outside.ts';
import { loadParser } from './parser/load-parser.ts';
import { programVersion } from './results/program-version.ts';
import { UnitResults, type Review } from './results/unit-results.ts';

type Work = Extract<AnalysisRequest, { id: number }>;

/** So many reports of units are kept on disk. */
const MOST_RESULTS = 5000;
const RESULTS_VERSION = 1;

interface Analysed {
  readonly outside: Outside;
  /** Null without a tree. */
  readonly index: IndexOfTree | null;
  /** Reports of earlier runs; null where none are kept. */
  readonly results: UnitResults | null;
  /** Files that an editor changes, from one version to the next; null where nothing is reviewed twice. */
  readonly edited: EditedSources | null;
}

const control = new ControlPipe();
const quarantined = new Set<string>();
let world: Promise<Analysed> | null = null;
let currentWork: CancelToken = neverCancelled;
/** The token of whatever is being worked on. */
const current: CancelToken = {
  get cancelled() {
    return currentWork.cancelled;
  },
};

function send(response: AnalysisResponse): void {
  process.send?.(response);
}

const age = new TreeAge(() => send({ type: 'tree-changed' }));

async function configure(settings: Configure): Promise<Analysed> {
  const parser = await loadParser(settings.parser);
  send({ type: 'ready', parser: parser.kind });
  const folder = cacheFolder();
  const { outside, index } = openWorld({
    parser,
    configure: settings,
    observer: control,
    quarantined,
    cacheFolder: folder,
    trustedSince: age.since,
    cancel: current,
  });
  const program = settings.oneRun === true ? programVersion(new URL(import.meta.url)) : null;
  const edited = settings.oneRun === true ? null : new EditedSources();
  if (index === null || program === null) return { outside, index, results: null, edited };
  // An editor's texts change with every key; what a run reviews is likely to be reviewed again.
  const cache = new CacheFiles(folder, 'results', RESULTS_VERSION, MOST_RESULTS);
  const version = JSON.stringify([program, parser.kind, settings.trusted, settings.indexFolders ?? []]);
  return { outside, index, results: new UnitResults({ outside, index, cache, version }), edited };
}

function work(request: Work, { outside: world, results, edited }: Analysed): AnalysisResponse {
  const { id } = request;
  if (request.type === 'index') {
    const records = request.mails.map((mail) => indexMail(mail, world));
    return { type: 'indexed', id, records, rss: process.memoryUsage.rss() };
  }
  if (request.type === 'review') {
    const review: Review = (unit, outside, options) => reviewUnit(unit, outside, options, control.token(id), edited);
    const { unit, options } = request;
    const report = results === null ? review(unit, world, options) : results.review(unit, options, review);
    return { type: 'reviewed', id, report, rss: process.memoryUsage.rss() };
  }
  if (request.type === 'locks') {
    const locks = locksOf(request.unit, request.input, request.lines, world, request.options, control.token(id));
    return { type: 'located', id, locks, rss: process.memoryUsage.rss() };
  }
  if (request.type === 'model') {
    const report = runModelTask(request.task, control.token(id), (states) => {
      control.searching(states);
    });
    return { type: 'modelled', id, report, rss: process.memoryUsage.rss() };
  }
  return { type: 'printed', id, text: printUnit(request.input, world, request.options), rss: process.memoryUsage.rss() };
}

/** Files of the tree that are reviewed as they stand in an editor. */
function treeFilesOf(unit: readonly UnitInput[]): string[] {
  return unit.flatMap((input) => (input.kind === 'source' ? (input.treePath ?? []) : []));
}

function answer(request: Work, world: Analysed): AnalysisResponse {
  const { id } = request;
  currentWork = control.token(id);
  const isProvisional = request.type === 'review' && request.options.provisional === true;
  age.begin(isProvisional);
  try {
    const response = work(request, world);
    if (isProvisional && world.index !== null) age.answered(world.index, treeFilesOf(request.unit));
    return response;
  } catch (error) {
    const rss = process.memoryUsage.rss();
    if (error instanceof Cancelled) return { type: 'cancelled', id, rss };
    return { type: 'failed', id, message: error instanceof Error ? error.message : String(error), rss };
  } finally {
    control.ended(id);
    currentWork = neverCancelled;
    age.ended();
  }
}

async function receive(request: AnalysisRequest): Promise<void> {
  if (request.type === 'configure') {
    world = configure(request.configure);
    await world.catch((error: unknown) => {
      send({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
      process.disconnect();
    });
  } else if (request.type === 'quarantine') {
    for (const text of request.texts) quarantined.add(text);
  } else if (world !== null) {
    send(answer(request, await world));
  }
}

process.on('message', (message) => {
  void receive(message as AnalysisRequest);
});
process.on('disconnect', () => {
  process.exit(0);
});
// Ctrl-C in a terminal reaches the whole group; the parent decides when its children end.
process.on('SIGINT', () => undefined);
