// "Did you mean": the known name nearest to what was typed.

/** The first of `known` one edit away, else two (fewer than the name has letters), or `undefined`. */
export function suggest(name: string, known: readonly string[]): string | undefined {
  for (let edits = 1; edits < Math.min(name.length, 3); edits++) {
    const nearest = known.find((candidate) => within(edits, name, candidate));
    if (nearest) return nearest;
  }
  return undefined;
}

/** Whether so many letters inserted, deleted or replaced make `b` of `a`. Its work grows with the shorter only. */
function within(edits: number, a: string, b: string): boolean {
  if (a[0] === b[0]) return !a || within(edits, a.slice(1), b.slice(1));
  if (!edits) return false;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  return within(edits - 1, restA, b) || within(edits - 1, a, restB) || within(edits - 1, restA, restB);
}
