// Which paths may name a file of a kernel tree. Stricter than git and GNU patch: a patch under review chooses these paths.

const MAX_BYTES = 4096;
const MAX_LEVELS = 64;

/** Characters that file systems ignore or read differently, so that two spellings could name one file. */
const oddCharacters = /[\u0000-\u001f\u007f\\:*?"<>|\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/;

/** Why a path must not be opened inside a tree, in words for people; null where it may be. */
export function whyUnsafe(path: string): string | null {
  if (path === '') return 'the path is empty';
  if (Buffer.byteLength(path, 'utf8') > MAX_BYTES) return 'the path is too long';
  if (path.startsWith('/')) return 'the path is absolute';
  if (oddCharacters.test(path)) return 'the path has characters that no kernel file name has';
  const names = path.split('/');
  if (names.length > MAX_LEVELS) return 'the path has too many levels';
  for (const name of names) {
    if (name === '' || name === '.' || name === '..') return 'the path is not a plain one';
    if (name.endsWith('.') || name.endsWith(' ') || name.startsWith(' ')) return 'a name in the path ends in a dot or a blank';
    const lower = name.toLowerCase();
    if (lower === '.git' || /^git~\d+$/.test(lower)) return 'the path leads into .git';
  }
  return null;
}
