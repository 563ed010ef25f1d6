import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder with real mails, or null where it is missing. */
export function corpus(): string | null {
  const folder = resolve(process.env['IOMMU_REVIEW_CORPUS'] ?? '../shared', 'corpus');
  return existsSync(folder) ? folder : null;
}

/** A kernel tree in the cache, or null. */
export function kernelTree(version: '6.1' | '6.12'): string | null {
  const cache = process.env['IOMMU_REVIEW_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'iommu-review');
  const tree = join(cache, `linux-source-${version}`);
  return existsSync(join(tree, '.complete')) ? tree : null;
}

/** The C files of a tree's drivers/iommu and drivers/vfio, in a fixed order. */
export function areaFiles(tree: string): string[] {
  return ['drivers/iommu', 'drivers/vfio'].flatMap((area) =>
    readdirSync(join(tree, area), { recursive: true })
      .map((name) => join(tree, area, String(name)))
      .filter((name) => name.endsWith('.c'))
      .sort(),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

export function line(text: string): void {
  process.stdout.write(`  ${text}\n`);
}
