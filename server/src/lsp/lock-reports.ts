// Held locks of open documents: worked out when somebody asks, for a whole mail or some functions of a C file, once for each version, and
// ended when nobody waits any more.

import type { MailInput, UnitInput } from '../protocol/analysis.ts';
import type { LineSpan, LockReport } from '../protocol/locks.ts';
import { Cancelled } from '../core/base/cancel.ts';
import { inputId } from '../core/review/record.ts';
import type { Snapshot } from './document.ts';
import type { Session } from './session.ts';
import { reviewOptions, unitOf } from './units.ts';

interface Entry {
  readonly report: Promise<LockReport>;
  readonly index: number;
  /** What came out; null while it is waited for. */
  found: LockReport | null;
  readonly abort: AbortController;
  waiting: number;
}

interface Slot {
  readonly snapshot: Snapshot;
  /** By the index of the input and the lines that were asked for. */
  readonly entries: Map<string, Entry>;
  unit: Promise<readonly UnitInput[]> | null;
}

export class LockReports {
  private readonly slots = new Map<string, Slot>();

  constructor(private readonly session: () => Session) {}

  /** Forgets everything, because the settings changed. */
  invalidate(): void {
    for (const uri of [...this.slots.keys()]) this.forget(uri);
  }

  /** Forgets a closed document and ends its work. */
  forget(uri: string): void {
    for (const { abort } of this.slots.get(uri)?.entries.values() ?? []) abort.abort();
    this.slots.delete(uri);
  }

  /**
   * The locks of the mails that show lines `first` to `last` (from 1) of a document, or of those functions of its C file, in their
   * order. Rejects with `AnalysisError`, and with `Cancelled` where `signal` is aborted or a newer version is asked for.
   */
  async of(snapshot: Snapshot, first: number, last: number, signal: AbortSignal): Promise<readonly LockReport[]> {
    const slot = this.slotOf(snapshot);
    slot.unit ??= unitOf(snapshot, this.session().kernelRoot, new AbortController().signal);
    const unit = await slot.unit;
    if (signal.aborted || this.slots.get(snapshot.uri) !== slot) throw new Cancelled();
    const wanted = unit.flatMap((_input, index) => (shows(unit, index, first, last) ? [index] : []));
    const reports: LockReport[] = [];
    for (const index of wanted) reports.push(await this.ask(slot, unit, index, { first, last }, signal));
    return reports;
  }

  private slotOf(snapshot: Snapshot): Slot {
    const known = this.slots.get(snapshot.uri);
    if (known?.snapshot === snapshot) return known;
    this.forget(snapshot.uri);
    const slot: Slot = { snapshot, entries: new Map(), unit: null };
    this.slots.set(snapshot.uri, slot);
    return slot;
  }

  private ask(slot: Slot, unit: readonly UnitInput[], index: number, asked: LineSpan, signal: AbortSignal): Promise<LockReport> {
    if (signal.aborted) return Promise.reject(new Cancelled());
    // A mail is small: all of it is worked out at once.
    const lines = unit[index]?.kind === 'mail' ? { first: 1, last: Number.MAX_SAFE_INTEGER } : asked;
    const known = [...slot.entries.values()].find((one) => one.index === index && one.found !== null && covers(one.found, asked));
    const key = `${String(index)}:${String(lines.first)}-${String(lines.last)}`;
    const entry = known ?? slot.entries.get(key) ?? this.start(slot, key, unit, index, lines);
    entry.waiting++;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        reject(new Cancelled());
        if (--entry.waiting > 0 || entry.found !== null) return;
        slot.entries.delete(key);
        entry.abort.abort();
      };
      signal.addEventListener('abort', leave, { once: true });
      void entry.report.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  private start(slot: Slot, key: string, all: readonly UnitInput[], index: number, lines: LineSpan): Entry {
    const { analysis, settings, reviews } = this.session();
    const abort = new AbortController();
    const { unit, wanted } = withSeries(all, index, reviews.finished(slot.snapshot));
    const report = analysis.locks(unit, wanted, lines, reviewOptions(settings), abort.signal);
    const entry: Entry = { report, index, abort, found: null, waiting: 0 };
    slot.entries.set(key, entry);
    report.then(
      (found) => (entry.found = found),
      () => {
        // What failed is asked for again by the next who wants it.
        if (slot.entries.get(key) === entry) slot.entries.delete(key);
      },
    );
    return entry;
  }
}

/** Whether lines lie within one function that a report tells of. */
function covers({ functions }: LockReport, { first, last }: LineSpan): boolean {
  return functions.some((fn) => fn.side === 'present' && fn.line <= first && last <= fn.endLine);
}

/** Whether lines of the document belong to an input: a mail goes to where the next one begins. */
function shows(unit: readonly UnitInput[], index: number, first: number, last: number): boolean {
  const [input, next] = [unit[index], unit[index + 1]];
  if (input?.kind !== 'mail') return true;
  return input.startLine <= last && (next?.kind !== 'mail' || next.startLine > first);
}

/** A mail and the others of its series, as far as the review has found them. */
function withSeries(
  all: readonly UnitInput[],
  index: number,
  reviewed: ReturnType<Session['reviews']['finished']>,
): { readonly unit: readonly UnitInput[]; readonly wanted: number } {
  const input = all[index];
  const inputs = reviewed?.outcome.kind === 'reviewed' ? reviewed.outcome.report.inputs : [];
  const series = input && inputs.find((one) => one.id === inputId(input))?.series;
  if (!input || series === null || series === undefined) return { unit: input ? [input] : [], wanted: 0 };
  const ids = new Set(inputs.filter((one) => one.series === series).map((one) => one.id));
  const unit = all.filter((one): one is MailInput => one.kind === 'mail' && ids.has(inputId(one)));
  return { unit, wanted: unit.findIndex((one) => one === input) };
}
