/** Timing that survives a shared machine: what is compared runs in turn, round by round, and ratios are taken within a round. */
import { heapBytes } from '@neusim/backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { EngineName, Engines } from './engines';

export interface Variant {
  readonly engine: EngineName;
  /** Leaves no tensors behind. */
  readonly run: () => void;
  /** The tensors it reads, where others are alive too: what its peak of memory begins with. All where absent. */
  readonly reads?: readonly tf.Tensor[];
}

/** What was measured of one variant. */
export interface Sample {
  readonly engine: string;
  /** Milliseconds of each round. */
  readonly times: readonly number[];
  /** The most of the heap that was taken at once: what it reads, its outputs and temporaries. Absent outside the heap. */
  readonly peakBytes?: number;
  readonly heapBytes?: number;
}

/** Runs every variant once a round. Before the rounds that count each runs once, and its memory is measured. */
export function measure<Name extends string>(
  { use, heap }: Engines,
  variants: Readonly<Record<Name, Variant>>,
  rounds: number,
): Readonly<Record<Name, Sample>> {
  const names = Object.keys(variants) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const peaks = new Map<Name, number>();
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const { engine, run, reads } = variants[name];
      use(engine);
      heap.reset();
      const before = heap.live;
      const start = performance.now();
      run();
      const time = performance.now() - start;
      if (round >= 0) times[name].push(time);
      else peaks.set(name, heap.peak - before + (reads ? bytesOf(reads) : before));
    }
  const sample = (name: Name): Sample => ({
    engine: variants[name].engine,
    times: times[name],
    peakBytes: peaks.get(name) as number,
    heapBytes: heapBytes(),
  });
  return Object.fromEntries(names.map((name) => [name, sample(name)])) as Record<Name, Sample>;
}

function bytesOf(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, { size, dtype }) => sum + size * tf.util.bytesPerElement(dtype), 0);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Median over the rounds of the one's time over the other's. */
export function ratio(over: Pick<Sample, 'times'>, under: Pick<Sample, 'times'>): number {
  return median(over.times.map((time, round) => time / (under.times[round] as number)));
}

/** Of each ratio, the geometric mean over several shapes. */
export function meanRatios(
  each: readonly Readonly<Record<string, number>>[],
): Readonly<Record<string, number>> {
  const names = new Set(each.flatMap((ratios) => Object.keys(ratios)));
  const values = (name: string) => each.flatMap((ratios) => (name in ratios ? [ratios[name] as number] : []));
  return Object.fromEntries([...names].map((name) => [name, geometricMean(values(name))]));
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
