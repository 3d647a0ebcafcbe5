/** L-BFGS (Nocedal 1980), in the geometry of whatever space its vectors are of. */
import { breathe } from '@neusim/train';

/** Vectors and their inner product. */
export interface Space<V> {
  product(u: V, v: V): number;
  /** u + factor·v */
  plus(u: V, v: V, factor: number): V;
  scaled(u: V, factor: number): V;
}

/** A value, and its gradient in the space's geometry. */
export interface Slope<V> {
  readonly value: number;
  readonly gradient: V;
}

export interface MinimiseOptions {
  /** Length of the gradient below which there is nothing more to do. */
  readonly closeEnough: number;
  readonly mostSteps: number;
  readonly signal?: AbortSignal | undefined;
  onProgress?(done: number, most: number): void;
}

const REMEMBERED = 20;

interface Pair<V> {
  readonly s: V;
  readonly y: V;
  /** ⟨s, y⟩ */
  readonly sy: number;
}

/**
 * Where a convex function is least, as near as its arithmetic allows.
 * @throws the signal's reason, between two steps.
 */
export async function minimise<V>(
  space: Space<V>,
  look: (at: V) => Slope<V> | Promise<Slope<V>>,
  start: V,
  { closeEnough, mostSteps, signal, onProgress }: MinimiseOptions,
): Promise<V> {
  const { product, plus } = space;
  const pause = breathe();
  let [at, here] = [start, await look(start)];
  const memory: Pair<V>[] = [];
  for (let i = 0; i < mostSteps && product(here.gradient, here.gradient) > closeEnough ** 2; i++) {
    signal?.throwIfAborted();
    const direction = descent(space, here.gradient, memory);
    const next = await lineSearch(space, look, at, here, direction);
    // Round-off is all that is left.
    if (!next) break;
    const [s, y] = [plus(next.at, at, -1), plus(next.slope.gradient, here.gradient, -1)];
    const sy = product(s, y);
    if (sy > 0) memory.push({ s, y, sy });
    if (memory.length > REMEMBERED) memory.shift();
    [at, here] = [next.at, next.slope];
    onProgress?.(i + 1, mostSteps);
    await pause();
  }
  return at;
}

/** −H·gradient, with H what the remembered pairs make of the inverse Hessian. */
function descent<V>({ product, plus, scaled }: Space<V>, gradient: V, memory: readonly Pair<V>[]): V {
  let q = scaled(gradient, -1);
  const amounts: number[] = [];
  for (const { s, y, sy } of [...memory].reverse()) {
    const amount = product(s, q) / sy;
    amounts.unshift(amount);
    q = plus(q, y, -amount);
  }
  const last = memory.at(-1);
  if (last) q = scaled(q, last.sy / product(last.y, last.y));
  for (const [i, { s, y, sy }] of memory.entries()) q = plus(q, s, amounts[i]! - product(y, q) / sy);
  return q;
}

/** The first of the steps 1, ½, ¼ … that falls as a part of the slope says; none where nothing falls any more. */
async function lineSearch<V>(
  { product, plus }: Space<V>,
  look: (at: V) => Slope<V> | Promise<Slope<V>>,
  at: V,
  { value, gradient }: Slope<V>,
  direction: V,
): Promise<{ at: V; slope: Slope<V> } | undefined> {
  const along = product(direction, gradient);
  for (let step = 1; step > 1e-12; step /= 2) {
    const next = plus(at, direction, step);
    const slope = await look(next);
    if (slope.value < value && slope.value <= value + 1e-4 * step * along) return { at: next, slope };
  }
  return undefined;
}
