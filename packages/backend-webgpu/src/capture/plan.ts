/**
 * Memory of a recording's results: a buffer serves one result after another. A result lives from the dispatch that
 * writes it first to the last that reads it; outputs live to the end. Results that become the state have buffers of
 * their own and are not planned.
 */
import type { Recording } from './record';

export interface Plan {
  /** Bytes of each buffer. */
  readonly buffers: readonly number[];
  /** Buffer of each result; undefined for those of the state. */
  readonly bufferOf: readonly (number | undefined)[];
}

export function planMemory({ dispatches, after, outputs, results }: Recording): Plan {
  const bytes = new Array<number>(results).fill(0);
  const lastUse = new Array<number>(results).fill(-1);
  for (const [at, { places }] of dispatches.entries())
    for (const place of places)
      if (place.kind === 'result') {
        bytes[place.index] = place.bytes;
        lastUse[place.index] = at;
      }
  for (const place of outputs) if (place.kind === 'result') lastUse[place.index] = dispatches.length;
  const ofState = new Set(after.filter(({ kind }) => kind === 'result').map(({ index }) => index));

  const buffers: number[] = [];
  const bufferOf = new Array<number | undefined>(results).fill(undefined);
  let free: number[] = [];
  for (const [at, { places }] of dispatches.entries()) {
    for (const { kind, index } of places) {
      if (kind !== 'result' || ofState.has(index) || bufferOf[index] !== undefined) continue;
      const wanted = bytes[index] as number;
      const chosen = choose(free, buffers, wanted);
      free = free.filter((buffer) => buffer !== chosen);
      buffers[chosen] = Math.max(buffers[chosen] ?? 0, wanted);
      bufferOf[index] = chosen;
    }
    const spent = new Set(
      places.filter((p) => p.kind === 'result' && lastUse[p.index] === at).map((p) => p.index),
    );
    for (const index of spent) {
      const buffer = bufferOf[index];
      if (buffer !== undefined) free.push(buffer);
    }
  }
  return { buffers, bufferOf };
}

/** The smallest free buffer that is large enough; else the largest free one, which grows; else a new one. */
function choose(free: readonly number[], buffers: readonly number[], wanted: number): number {
  const bySize = [...free].sort((a, b) => (buffers[a] as number) - (buffers[b] as number));
  return bySize.find((buffer) => (buffers[buffer] as number) >= wanted) ?? bySize.at(-1) ?? buffers.length;
}
