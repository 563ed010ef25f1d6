// Runs one case through the review facade, as every door does.

import { createHash } from 'node:crypto';
import type { ReviewOptions, UnitInput } from '../../server/src/protocol/analysis.ts';
import type { Edit, Finding } from '../../server/src/protocol/finding.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import { emptyIndex } from '../../server/src/core/base/tree-index.ts';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';
import type { Block } from './cases.ts';

const parser = await loadParser('auto');

/** A world without a kernel tree. */
export const outside: Outside = {
  grammar: parser.grammar,
  parse: (text) => parser.parse(text),
  decode: (bytes, charset) => new TextDecoder(charset).decode(bytes),
  sha1: (bytes) => createHash('sha1').update(bytes).digest('hex'),
  readTree: () => null,
  readBlob: () => null,
  ...emptyIndex,
  hasTree: false,
  near: () => outside,
};

export interface Shown {
  readonly finding: Finding;
  /** Index of the block that it stands in, and the 1-based line there. */
  readonly block: number;
  readonly line: number;
}

/** Findings that a reader of the blocks is shown: those of a patch that it introduces or touches, and all of a C file. */
export function review(blocks: readonly Block[], era: string): Shown[] {
  const inputs = blocks.map((block, index) => inputOf(block, index));
  const options: ReviewOptions = { era, rulesOn: [], rulesOff: [], model: true };
  const report = reviewUnit(inputs, outside, options, neverCancelled);
  return report.findings.flatMap((finding): Shown[] => {
    if (finding.status === 'fixed' || finding.status === 'pre-existing') return [];
    const input = report.inputs.find((one) => one.id === finding.input);
    const block = inputs.findIndex((one) => one.path === input?.path);
    const line = blocks[block]?.language === 'c' ? finding.location?.line : finding.mail?.line;
    if (line === undefined) throw new Error(`${finding.rule}: "${finding.message}" has no line in the text that was reviewed`);
    return [{ finding, block, line }];
  });
}

function inputOf(block: Block, index: number): UnitInput {
  const bytes = new TextEncoder().encode(block.text);
  if (block.language !== 'c') return { kind: 'mail', path: `case-${String(index)}.eml`, startLine: 1, bytes };
  const path = block.path ?? `drivers/iommu/case-${String(index)}.c`;
  return { kind: 'source', path, treePath: path, bytes };
}

/** A text after edits, which must not overlap. */
export function applied(text: string, edits: readonly Edit[]): string {
  const lines = text.split('\n');
  const offsetOf = (line: number, column: number): number => lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  const spans = edits.map((edit) => ({ start: offsetOf(edit.startLine, edit.startColumn), end: offsetOf(edit.endLine, edit.endColumn), text: edit.newText }));
  spans.sort((left, right) => right.start - left.start);
  return spans.reduce((result, span) => result.slice(0, span.start) + span.text + result.slice(span.end), text);
}
