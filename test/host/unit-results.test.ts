// Reports that are kept between runs: what is kept never changes an answer.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reviewUnit } from '../../server/src/core/review/unit.ts';
import { neverCancelled } from '../../server/src/core/base/cancel.ts';
import type { Outside } from '../../server/src/core/base/outside.ts';
import type { ReviewOptions, UnitInput, UnitReport } from '../../server/src/protocol/analysis.ts';
import { CacheFiles } from '../../server/src/host/index/cache-files.ts';
import { openWorld } from '../../server/src/host/outside.ts';
import { loadParser, type LoadedParser } from '../../server/src/host/parser/load-parser.ts';
import { UnitResults, type Review } from '../../server/src/host/results/unit-results.ts';

let parser: LoadedParser;
let root: string;
let cache: string;
let reviewed: number;

const path = 'drivers/iommu/demo.c';
const hold = 'void demo_hold(struct demo *demo)\n{\n\tmutex_lock(&demo->lock);\n}\n';
const text = 'int demo_set(struct demo *demo)\n{\n\tdemo_hold(demo);\n\treturn 0;\n}\n';
const options: ReviewOptions = { era: 'v6.12', rulesOn: [], rulesOff: [], model: true };

function put(name: string, content: string): void {
  const full = join(root, name);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
  // What was changed just now may change again within the same tick of the clock, and is looked at each time.
  utimesSync(full, 1_700_000_000, 1_700_000_000);
}

const unitOf = (content = text): UnitInput[] => [{ kind: 'source', path, treePath: path, bytes: new TextEncoder().encode(content) }];

interface Changes {
  readonly version?: string;
  readonly outside?: (outside: Outside) => Outside;
  readonly options?: ReviewOptions;
  readonly unit?: readonly UnitInput[];
}

/** One run of its own, as a new process would make it. */
function run({ version = 'one', outside: change = (same) => same, options: wanted = options, unit = unitOf() }: Changes = {}): UnitReport {
  const configure = { kernel: root, trusted: false, oneRun: true };
  const observer = { parseBegins: () => undefined, parseEnds: () => undefined };
  const { outside, index } = openWorld({ parser, configure, observer, quarantined: new Set(), cacheFolder: cache });
  if (index === null) throw new Error('no index');
  const results = new UnitResults({ outside: change(outside), index, cache: new CacheFiles(cache, 'results', 1), version });
  const review: Review = (inputs, world, how) => {
    reviewed++;
    return reviewUnit(inputs, world, how, neverCancelled);
  };
  return results.review(unit, wanted, review);
}

/** Reviews that a run makes, and its report. */
function counted(changes: Changes = {}): { readonly made: number; readonly report: UnitReport } {
  reviewed = 0;
  const report = run(changes);
  return { made: reviewed, report };
}

const files = (): string[] => {
  try {
    return readdirSync(join(cache, 'results')).map((name) => join(cache, 'results', name));
  } catch {
    return [];
  }
};

beforeEach(async () => {
  parser = await loadParser('wasm');
  root = realpathSync(mkdtempSync(join(tmpdir(), 'results-tree-')));
  cache = mkdtempSync(join(tmpdir(), 'results-cache-'));
  put('Makefile', 'VERSION = 6\nPATCHLEVEL = 12\n');
  put('include/linux/demo.h', 'struct demo;\n');
  put('drivers/iommu/hold.c', hold);
  put(path, text);
});

afterEach(() => {
  chmodSync(cache, 0o700);
  rmSync(root, { recursive: true });
  rmSync(cache, { recursive: true });
});

it('gives the same report again without a review', () => {
  const first = counted();
  const second = counted();
  expect([first.made, second.made]).toEqual([1, 0]);
  expect(second.report).toEqual(first.report);
  expect(first.report.findings.map((one) => one.rule)).toContain('lock-held-at-return');
});

describe('reviews again', () => {
  const again: Readonly<Record<string, () => Changes>> = {
    'for another text': () => ({ unit: unitOf(text.replace('return 0', 'return 1')) }),
    'for other options': () => ({ options: { ...options, rulesOff: ['lock-held-at-return'] } }),
    'for another program': () => ({ version: 'two' }),
    'when a called function of the tree changes': () => {
      put('drivers/iommu/hold.c', hold.replace('mutex_lock(&demo->lock)', 'demo->held = 1'));
      return {};
    },
    'when a file comes that defines the called function once more': () => {
      put('drivers/iommu/other.c', hold);
      return {};
    },
    'when a file goes': () => {
      rmSync(join(root, 'drivers/iommu/hold.c'));
      return {};
    },
    'when a file outside the index changes that was read': () => {
      put('Makefile', 'VERSION = 6\nPATCHLEVEL = 1\n');
      return { options: { ...options, era: 'auto' } };
    },
  };
  it.each(Object.keys(again))('%s', (name) => {
    run();
    const changes = again[name]?.() ?? {};
    const { made, report } = counted(changes);
    expect(made).toBe(1);
    rmSync(cache, { recursive: true });
    mkdirSync(cache);
    expect(report).toEqual(run(changes));
  });
});

it('does not review again when a file is written anew with the same text', () => {
  run();
  writeFileSync(join(root, 'drivers/iommu/hold.c'), hold);
  expect(counted().made).toBe(0);
});

describe('a file of the cache that is', () => {
  const sealed = (body: string): string => `iommu-review results 1 ${createHash('sha256').update(body).digest('hex')}\n${body}`;
  const bodyOf = (whole: string): string => whole.slice(whole.indexOf('\n') + 1);
  const spoilt: Readonly<Record<string, (whole: string) => string>> = {
    empty: () => '',
    'cut off': (whole) => whole.slice(0, whole.length / 2),
    'of another version': (whole) => whole.replace('results 1 ', 'results 2 '),
    'of another kind': (whole) => whole.replace('results', 'index'),
    'changed in its head': (whole) => `x${whole.slice(1)}`,
    'changed in its body': (whole) => whole.replace('demo_set', 'demo_get'),
    'no JSON': () => sealed('{'),
    'sealed, and no object': () => sealed('[1]'),
    'sealed, with a report of another shape': (whole) => {
      const value = JSON.parse(bodyOf(whole)) as { report: { findings: unknown } };
      value.report.findings = [{ rule: 1 }];
      return sealed(JSON.stringify(value));
    },
    'sealed, with a place that is none': (whole) => sealed(bodyOf(whole).replaceAll(/"line":\d+/g, '"line":"7"')),
    'sealed, with reads of another shape': (whole) => sealed(bodyOf(whole).replace('"reads":[]', '"reads":[["Makefile"]]')),
  };
  it.each(Object.keys(spoilt))('%s counts as none, and is replaced', (name) => {
    const { report } = counted();
    const [file = ''] = files();
    const whole = readFileSync(file, 'utf8');
    writeFileSync(file, spoilt[name]?.(whole) ?? '');
    expect(counted()).toEqual({ made: 1, report });
    expect(readFileSync(file, 'utf8')).toBe(whole);
  });

  it('flipped in any one byte gives the same report', () => {
    const { report } = counted();
    const [file = ''] = files();
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 40)) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      writeFileSync(file, changed);
      expect(run()).toEqual(report);
    }
  });
});

it('works without a folder that it may write', () => {
  const { report } = counted();
  rmSync(cache, { recursive: true });
  writeFileSync(cache, 'a file where the folder should be');
  expect(counted()).toEqual({ made: 1, report });
  rmSync(cache);
  mkdirSync(cache);
});

it('keeps nothing of a review in which a parse ran out of time', () => {
  const late = (outside: Outside): Outside => ({
    ...outside,
    near: (near) => late(outside.near(near)),
    parse: () => ({ ok: false, reason: 'budget', detail: 'not parsed within 500 ms' }),
  });
  run({ outside: late });
  expect(files()).toEqual([]);
  expect(counted().made).toBe(1);
});

it('keeps nothing of a review that read a file of the tree in another state than the index', () => {
  const moving = (outside: Outside): Outside => ({
    ...outside,
    near: (near) => moving(outside.near(near)),
    readTree: (name) => (name === 'drivers/iommu/hold.c' ? new TextEncoder().encode(`\n${hold}`) : outside.readTree(name)),
  });
  run({ outside: moving });
  expect(files()).toEqual([]);
});

it('keeps whole reports when several write at once', () => {
  const { report } = counted();
  const [file = ''] = files();
  const whole = readFileSync(file, 'utf8');
  rmSync(join(cache, 'results'), { recursive: true });
  const writers = Array.from({ length: 8 }, () => new CacheFiles(cache, 'results', 1));
  const value: unknown = JSON.parse(whole.slice(whole.indexOf('\n') + 1));
  const key = 'the same';
  for (const writer of writers) {
    writer.write(key, value);
    expect(writers.map((reader) => reader.read(key))).toEqual(writers.map(() => value));
  }
  expect(files()).toHaveLength(1);
  expect(run()).toEqual(report);
});

it('keeps so many files at most, the newest ones', () => {
  const old = new CacheFiles(cache, 'results', 1);
  for (const key of ['a', 'b', 'c']) old.write(key, key);
  const hourAgo = Date.now() / 1000 - 3600;
  for (const file of files()) utimesSync(file, hourAgo, hourAgo);
  // A writer looks once, behind its first file.
  new CacheFiles(cache, 'results', 1, 2).write('d', 'd');
  expect(files()).toHaveLength(2);
  expect(new CacheFiles(cache, 'results', 1).read('d')).toBe('d');
});
