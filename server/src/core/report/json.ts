// The review as JSON, schema `iommu-review/1` (docs/schema/review.schema.json).

import type { ReviewReport } from '../../protocol/report.ts';
import { safeJson } from './terminal.ts';

/** The whole report, indented by two, ending in a line feed. Keys stand in the order in which the report was made. */
export function renderJson(report: ReviewReport): string {
  return `${safeJson(JSON.stringify(report, null, 2))}\n`;
}
