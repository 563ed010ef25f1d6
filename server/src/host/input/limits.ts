// Bounds on what is read. They stop bombs, not work: the largest mail of a mailing list archive is some megabytes.

export interface InputLimits {
  /** Longest single mail, patch or C file, in bytes. */
  readonly maxText: number;
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
  maxText: 32 * 1024 * 1024,
  maxUnpacked: 256 * 1024 * 1024,
  maxRatio: 1000,
  ratioFrom: 1024 * 1024,
  maxFiles: 50_000,
  maxDepth: 32,
};
