// The world as one review sees it, with a list of what the review asked for that its result rests on.

import { createHash } from 'node:crypto';
import type { Outside } from '../../core/base/outside.ts';
import type { IndexOfTree } from '../index/tree-index.ts';

/** What the result of a review rests on, besides the review's own input. */
export interface Asked {
  /** For each folder view that was opened, the files that it was opened for. */
  readonly views: (readonly string[])[];
  /** Files of the tree that were read, with the SHA-256 of their text; null for a file that was not there. */
  readonly reads: Map<string, string | null>;
  /** Something was asked whose answer may be another one the next time, with the same tree. */
  isPassing: boolean;
}

export function nothingAsked(): Asked {
  return { views: [], reads: new Map(), isPassing: false };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * The same world, watched. What later reviews of the process are given from memory was asked for under an earlier review's record: it
 * comes from files that the index covers, so that `onStale` is called where one of them was read with another text than the index
 * counted, and where a parse ran out of time.
 */
export function recordedWorld(world: Outside, index: IndexOfTree, record: Asked, onStale: () => void): Outside {
  return {
    ...world,
    parse: (text) => {
      const outcome = world.parse(text);
      if (!outcome.ok && (outcome.reason === 'budget' || outcome.reason === 'died')) onStale();
      return outcome;
    },
    readTree: (path) => {
      const bytes = world.readTree(path);
      const hash = bytes && hashOf(bytes);
      const counted = index.hashOf(path);
      if (counted === null) record.reads.set(path, hash);
      else if (counted !== hash) onStale();
      return bytes;
    },
    readBlob: (id) => {
      const bytes = world.readBlob(id);
      // An object that is not there may be fetched later; one that is there never changes.
      if (bytes === null) record.isPassing = true;
      return bytes;
    },
    near: (files) => {
      record.views.push(files);
      return recordedWorld(world.near(files), index, record, onStale);
    },
  };
}
