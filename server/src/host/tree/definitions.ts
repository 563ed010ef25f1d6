// Where names are defined in the part of a kernel tree that IOMMU and VFIO code lives in and builds on.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTreeFile } from './kernel-tree.ts';

/** Folders that are looked through, with everything below them. */
const folders = ['drivers/base', 'drivers/iommu', 'drivers/vfio', 'include/linux', 'include/uapi/linux'];

/**
 * What defines a name, at the beginning of a line: a macro; a function, by its name before the parenthesis on a line that does not end
 * in `;`; a type, a table or a variable with a value. Enumerators stand indented and alone.
 */
const forms = [
  /^#[ \t]*define[ \t]+(\w+)/,
  /^(?:[A-Za-z_]\w*[ \t*]+)+?(\w+)\([^;]*$/,
  /^(?:typedef[ \t]+)?(?:struct|union|enum)[ \t]+(\w+)[ \t]*\{/,
  /^(?:[A-Za-z_]\w*[ \t*]+)+(\w+)(?:\[\w*\])?[ \t]*=/,
  /^[ \t]+([A-Z][A-Z0-9_]{3,})[ \t]*(?:=[^=]|,|$)/,
];
/** No definition that we look for begins a longer line. */
const MAX_LINE = 400;

function namesIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    if (line.length > MAX_LINE) continue;
    for (const form of forms) {
      const name = form.exec(line)?.[1];
      if (name === undefined) continue;
      names.add(name);
      break;
    }
  }
  return names;
}

/** C files below a folder of the tree, by their paths from its root, in the order of their names. Links are not followed. */
function sourcesBelow(root: string, folder: string): string[] {
  const found: string[] = [];
  const waiting = [folder];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    let entries;
    try {
      entries = readdirSync(join(root, path), { withFileTypes: true });
    } catch {
      continue;
    }
    for (const entry of entries) {
      const below = `${path}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(below);
      else if (entry.isFile() && /\.[ch]$/.test(entry.name)) found.push(below);
    }
  }
  return found.sort();
}

/**
 * Answers which files of the tree define a name: functions, macros, types, tables, enumerators; by line forms, without parsing. The first
 * question reads the folders (some thousand files), later ones are answered from memory. Files that change meanwhile are not read again.
 */
export function definitionIndex(root: string): (name: string) => readonly string[] {
  let index: Map<string, string[]> | null = null;
  return (name) => {
    index ??= build(root);
    return index.get(name) ?? [];
  };
}

function build(root: string): Map<string, string[]> {
  const index = new Map<string, string[]>();
  for (const path of folders.flatMap((folder) => sourcesBelow(root, folder))) {
    const bytes = readTreeFile(root, path);
    if (bytes === null) continue;
    for (const name of namesIn(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))) {
      const files = index.get(name);
      if (files) files.push(path);
      else index.set(name, [path]);
    }
  }
  return index;
}
