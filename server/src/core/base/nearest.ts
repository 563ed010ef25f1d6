// "Did you mean": the known word nearest to a mistyped one.

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `; did you mean 'x'?`, or an empty text where nothing is near: short words have to share a letter at least. */
export function nearest(word: string, known: readonly string[]): string {
  const best = known.map((candidate) => ({ candidate, far: distance(word.slice(0, 100), candidate) })).sort((a, b) => a.far - b.far)[0];
  if (best === undefined) return '';
  const { candidate, far } = best;
  const near = far <= Math.max(2, candidate.length / 3) && far < Math.min(word.length, candidate.length);
  return near ? `; did you mean '${candidate}'?` : '';
}
