// The index of the tree for the host, which knows files and caches and nothing of C.

export type { TreeIndex } from '../base/tree-index.ts';
export { askFolders, FolderIndex, FolderMacros, type IndexedFile } from '../syntax/index/lookup.ts';
export { readRecord, recordText, RECORD_VERSION, type FileRecord } from '../syntax/index/record.ts';
