// Bounds on what is read. They stop bombs, not work: the largest mail of a mailing list archive is some megabytes.

export interface InputLimits {
  /** Longest single mail or patch, in bytes. */
  readonly maxText: number;
  /** Longest text without a mail header or a diff near its beginning, in bytes: a page of an archive is shorter, noise is not. */
  readonly maxUnlikely: number;
  /** Longest C file, in bytes; the parser takes no more characters than this. */
  readonly maxSource: number;
  /** Most bytes that one compressed file may give. */
  readonly maxUnpacked: number;
  /** Most bytes out for each byte in of a compressed file, looked at once `ratioFrom` bytes are out. */
  readonly maxRatio: number;
  readonly ratioFrom: number;
  /** Most files taken from one folder. */
  readonly maxFiles: number;
  /** Deepest folder below the one that was named. */
  readonly maxDepth: number;
}

export const defaultInputLimits: InputLimits = {
  maxText: 16 * 1024 * 1024,
  maxUnlikely: 1024 * 1024,
  maxSource: 1024 * 1024,
  maxUnpacked: 256 * 1024 * 1024,
  maxRatio: 1000,
  ratioFrom: 1024 * 1024,
  maxFiles: 50_000,
  maxDepth: 32,
};
