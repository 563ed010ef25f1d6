// The analysis process: parser and core live here, and nothing else does. It answers its parent's requests one after the other and
// prints nothing; it ends when its parent does.

import './analysis/engine.ts';
import type { AnalysisRequest, AnalysisResponse, Configure } from '../protocol/analysis.ts';
import { Cancelled, neverCancelled, type CancelToken } from '../core/base/cancel.ts';
import type { Outside } from '../core/base/outside.ts';
import { runModelTask } from '../core/review/modelTask.ts';
import { locksOf } from '../core/review/locks.ts';
import { printUnit } from '../core/review/print.ts';
import { indexMail } from '../core/review/record.ts';
import { reviewUnit } from '../core/review/unit.ts';
import { ControlPipe } from './analysis/control-pipe.ts';
import { cacheFolder } from './index/cache-files.ts';
import { createOutside } from './outside.ts';
import { loadParser } from './parser/load-parser.ts';

type Work = Extract<AnalysisRequest, { id: number }>;

const control = new ControlPipe();
const quarantined = new Set<string>();
let outside: Promise<Outside> | null = null;
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

async function configure(settings: Configure): Promise<Outside> {
  const parser = await loadParser(settings.parser);
  send({ type: 'ready', parser: parser.kind });
  return createOutside({ parser, configure: settings, observer: control, quarantined, cacheFolder: cacheFolder(), cancel: current });
}

function work(request: Work, world: Outside): AnalysisResponse {
  const { id } = request;
  if (request.type === 'index') {
    const records = request.mails.map((mail) => indexMail(mail, world));
    return { type: 'indexed', id, records, rss: process.memoryUsage.rss() };
  }
  if (request.type === 'review') {
    const report = reviewUnit(request.unit, world, request.options, control.token(id));
    return { type: 'reviewed', id, report, rss: process.memoryUsage.rss() };
  }
  if (request.type === 'locks') {
    const locks = locksOf(request.unit, request.input, world, request.options, control.token(id));
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

function answer(request: Work, world: Outside): AnalysisResponse {
  const { id } = request;
  currentWork = control.token(id);
  try {
    return work(request, world);
  } catch (error) {
    const rss = process.memoryUsage.rss();
    if (error instanceof Cancelled) return { type: 'cancelled', id, rss };
    return { type: 'failed', id, message: error instanceof Error ? error.message : String(error), rss };
  } finally {
    control.ended(id);
  }
}

async function receive(request: AnalysisRequest): Promise<void> {
  if (request.type === 'configure') {
    outside = configure(request.configure);
    await outside.catch((error: unknown) => {
      send({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
      process.disconnect();
    });
  } else if (request.type === 'quarantine') {
    for (const text of request.texts) quarantined.add(text);
  } else if (outside !== null) {
    send(answer(request, await outside));
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
