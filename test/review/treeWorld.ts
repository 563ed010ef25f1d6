// A kernel tree of a few files, for reviews that look into it.

import type { Outside } from '../../server/src/core/base/outside.ts';
import { emptyIndex } from '../../server/src/core/base/tree-index.ts';
import { FolderIndex } from '../../server/src/core/syntax/index/lookup.ts';
import { recordText } from '../../server/src/core/syntax/index/record.ts';
import { loadParser } from '../../server/src/host/parser/load-parser.ts';

const parser = await loadParser('auto');

/** The world with a tree of these files, by their paths. */
export function worldOf(files: Readonly<Record<string, string>>): Outside {
  const index = new FolderIndex(Object.keys(files).map((path) => ({ path, record: recordText(files[path] ?? '') })));
  const world: Outside = {
    ...emptyIndex,
    grammar: parser.grammar,
    parse: (text) => parser.parse(text),
    decode: (bytes, charset) => new TextDecoder(charset).decode(bytes),
    sha1: () => '',
    readTree: (path) => (files[path] === undefined ? null : new TextEncoder().encode(files[path])),
    readBlob: () => null,
    hasTree: true,
    near: () => world,
    defines: (name) => index.defines(name),
    definitions: (name) => index.definitions(name),
    filesBeside: (path) => index.filesBeside(path),
  };
  return world;
}
