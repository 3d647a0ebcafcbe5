// "Did you mean": the known name nearest to what was typed, by edits (insert, delete, replace, swap two
// neighbours), or one that contains it.

/** The nearest of `known` within a third of the name's length in edits, or `undefined`. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const allowed = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let fewest = allowed + 1;
  for (const candidate of known) {
    // The lengths alone may rule it out; this also bounds the work on text from untrusted files.
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const edits = distance(name, candidate);
    if (edits < fewest) [best, fewest] = [candidate, edits];
  }
  return best ?? (name.length > 2 ? known.find((candidate) => candidate.includes(name)) : undefined);
}

/** Optimal string alignment distance. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(
        (previous[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (previous[j - 1] as number) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (older[j - 2] as number) + 1);
      }
      row[j] = edits;
    }
    [older, previous] = [previous, row];
  }
  return previous[b.length] as number;
}
