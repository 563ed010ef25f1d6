// Files of the tool's cache: sealed JSON that is only read back where nobody changed it, and thrown away otherwise.

import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Larger cache files are not read, in bytes. */
const MAX_FILE = 64 * 1024 * 1024;

/** Files that were not written again for so long are removed, in milliseconds: trees come and go. */
const MAX_AGE_MS = 60 * 24 * 3600 * 1000;

/** Where the cache is: `$IOMMU_REVIEW_CACHE`, else the user's cache folder of the system. */
export function cacheFolder(): string {
  const own = process.env['IOMMU_REVIEW_CACHE'] ?? '';
  if (isAbsolute(own)) return own;
  const shared = process.env['XDG_CACHE_HOME'] ?? '';
  if (isAbsolute(shared)) return join(shared, 'iommu-review');
  const local = process.env['LOCALAPPDATA'] ?? '';
  if (process.platform === 'win32' && isAbsolute(local)) return join(local, 'iommu-review');
  return join(homedir(), '.cache', 'iommu-review');
}

function seal(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function removeDraft(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // There is no folder that it could stand in.
  }
}

/** One kind of cached values. Nothing here throws: a cache that cannot be used is one that is empty. */
export class CacheFiles {
  private isPruned = false;

  /** `kind` names the folder and stands in each file, with the version of what is kept. */
  constructor(
    private readonly folder: string,
    private readonly kind: string,
    private readonly version: number,
    /** So many files are kept at most, the newest ones. */
    private readonly most = Infinity,
  ) {}

  /** What was kept for a key, as JSON gives it and not to be trusted; null where there is nothing whole of this version. */
  read(key: string): unknown {
    let fd: number | null = null;
    try {
      fd = openSync(this.path(key), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size > MAX_FILE) return null;
      const text = readFileSync(fd, 'utf8');
      const headEnd = text.indexOf('\n');
      const body = text.slice(headEnd + 1);
      if (headEnd < 0 || text.slice(0, headEnd) !== this.head(body)) return null;
      return JSON.parse(body) as unknown;
    } catch {
      return null;
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }

  /** Keeps a value for a key, in a file that only the user can read. */
  write(key: string, value: unknown): void {
    const path = this.path(key);
    const draft = `${path}.${randomBytes(8).toString('hex')}`;
    try {
      mkdirSync(join(this.folder, this.kind), { recursive: true, mode: 0o700 });
      const body = JSON.stringify(value);
      writeFileSync(draft, `${this.head(body)}\n${body}`, { mode: 0o600, flag: 'wx' });
      renameSync(draft, path);
      this.prune();
    } catch {
      // A full disk or a folder that cannot be written makes the next start slower, and nothing else.
      removeDraft(draft);
    }
  }

  /** Removes what is old, once for each process that writes. */
  private prune(): void {
    if (this.isPruned) return;
    this.isPruned = true;
    const folder = join(this.folder, this.kind);
    const files = readdirSync(folder).map((name) => join(folder, name));
    const dated = files.map((path) => ({ path, written: lstatSync(path).mtimeMs })).sort((a, b) => b.written - a.written);
    for (const [rank, { path, written }] of dated.entries())
      if (rank >= this.most || Date.now() - written > MAX_AGE_MS) rmSync(path, { force: true });
  }

  private head(body: string): string {
    return `iommu-review ${this.kind} ${String(this.version)} ${seal(body)}`;
  }

  private path(key: string): string {
    return join(this.folder, this.kind, `${seal(key)}.json`);
  }
}
