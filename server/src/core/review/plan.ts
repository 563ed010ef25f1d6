import type { MailRecord } from '../../protocol/analysis.ts';
import type { SeriesInfo } from '../../protocol/report.ts';
import { seriesInfo } from '../patch/threads/series.ts';
import { planUnits } from '../patch/threads/units.ts';
import { inputId } from './record.ts';

/** How the mails of a run are dealt out, and the series that they form over all of it. */
export interface ReviewPlan {
  /** Indices into the records; mails of one unit are reviewed together, in this order. */
  readonly units: readonly (readonly number[])[];
  readonly series: readonly SeriesInfo[];
  /** Series of an input, by its id. */
  readonly seriesOf: ReadonlyMap<string, string>;
}

/** Plans a run over all its mails, so that versions of a series find each other wherever they stand. */
export function planReview(records: readonly MailRecord[]): ReviewPlan {
  const plan = planUnits(records);
  const series = seriesInfo(plan.series, records, records.map(inputId));
  const seriesOf = new Map<string, string>();
  plan.series.forEach((one, index) => {
    const id = series[index]?.id;
    for (const mail of [...(one.cover === null ? [] : [one.cover]), ...one.parts, ...one.repeats]) {
      const record = records[mail];
      if (record !== undefined && id !== undefined) seriesOf.set(inputId(record), id);
    }
  });
  return { units: plan.units.map((unit) => unit.mails), series, seriesOf };
}
