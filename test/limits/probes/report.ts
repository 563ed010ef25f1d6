// What a probe prints when its work is done.

/** Prints processor time, memory and `said` as one JSON object. */
export function report(said: Record<string, unknown>): void {
  const { user, system } = process.cpuUsage();
  // maxRSS is in kilobytes.
  const rss = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ cpu: (user + system) / 1000, rss, said }));
}

/** An outside without a tree, for probes. */
export const outside = {
  decode(bytes: Uint8Array, charset: string): string | null {
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      return null;
    }
  },
};
