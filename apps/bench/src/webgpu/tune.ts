/**
 * `--tune`: times every tile of the convolution kernels on this adapter, for the products that the networks have, and
 * writes the fastest into the engine's table.
 */

import { tuning } from '@neusim/backend-webgpu';
import {
  CONV2D,
  CONV2D_BACKPROP_FILTER,
  CONV2D_BACKPROP_INPUT,
  geometry,
  SIMILARITY_CONV2D,
  SIMILARITY_CONV2D_BACKPROP_FILTER,
  SIMILARITY_CONV2D_BACKPROP_INPUT,
  SIMILARITY_CONV2D_BACKPROP_SIMILARITY,
} from '@neusim/core';
import { writeAtomic } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../measure';
import { type ConvShape, convShape, convTensors, nameOf } from '../suites/shapes';
import { type GpuEngines, type GpuOptions, startGpuEngines } from './engines';
import { timeRuns } from './measure';
import { type TunedTable, tunedSource } from './tuning';

/** The convolutions of `cnn-cifar` and `nsn-cifar`, of their predictors, and of the VGG-like CNN. */
const layers: readonly (readonly [side: number, channels: number, filters: number])[] = [
  [32, 3, 32],
  [32, 32, 32],
  [16, 32, 64],
  [16, 64, 64],
  [8, 64, 128],
  [8, 128, 128],
  [32, 32, 64],
  [32, 64, 9],
  [16, 64, 9],
  [8, 128, 64],
  [8, 64, 9],
  [32, 64, 64],
  [16, 128, 128],
  [8, 256, 256],
];
const batches = [32, 128, 512];

type Tile = TunedTable[string][string];
type Problem = Parameters<typeof tuning.tuningKey>[0];

export interface TuneOptions extends GpuOptions {
  /** On a software adapter too. */
  readonly force: boolean;
  /** The file that is written. */
  readonly out: string;
  readonly onProgress: (what: string) => void;
}

/** @throws NeusimError BENCH_SOFTWARE */
export async function tune({ force, out, onProgress, ...options }: TuneOptions): Promise<void> {
  const engines = await startGpuEngines(options);
  const { facts } = engines;
  if (facts.software && !force)
    throw new NeusimError(
      'BENCH_SOFTWARE',
      `${facts.device} is a software adapter: its tiles would mislead`,
      {
        data: { adapter: facts.device, driver: facts.driver },
        hint: '--force tunes it all the same.',
      },
    );
  const backend = await engines.use('neusim');
  const adapter = tuning.adapterKey(backend);
  const tiles: Record<string, Tile> = {};
  const shapes = batches.flatMap((batch) => layers.map(([side, c, f]) => convShape(batch, side, c, f)));
  for (const shape of options.quick ? [convShape(2, 5, 8, 8)] : shapes) {
    for (const [name, run] of products(shape, options.quick)) {
      const best = await fastestTile(engines, run, tiles);
      if (!best) continue;
      tiles[best.key] = best.tile;
      onProgress(`${nameOf(shape)} ${name}: ${best.told}`);
    }
    disposeProducts();
  }
  await engines.requireHealthy('neusim');
  const table = { ...tuning.tuned, [adapter]: { ...tuning.tuned[adapter], ...tiles } };
  await writeAtomic(out, tunedSource(table));
  onProgress(`${Object.keys(tiles).length} products of ${adapter} in ${out}`);
}

let alive: tf.Tensor[] = [];

function disposeProducts(): void {
  tf.dispose(alive);
  alive = [];
}

/** Each kernel that multiplies, by itself: plain, and with an m of every position, diagonal and full. */
function* products(shape: ConvShape, quick: boolean): Generator<readonly [string, () => void]> {
  const { batch, height, width, channels, kernel } = shape;
  const taps = kernel ** 2;
  const { x, w, dy } = convTensors(shape);
  alive.push(x, w, dy);
  const g = geometry([height, width, channels], [kernel, kernel], { pad: 'same' });
  const run = (name: string, inputs: object, attrs: object = { g }) =>
    [
      name,
      () => tf.dispose(tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap)),
    ] as const;
  yield run(CONV2D, { x, w });
  yield run(CONV2D_BACKPROP_INPUT, { w, dy });
  yield run(CONV2D_BACKPROP_FILTER, { x, dy });
  for (const form of quick ? [[taps]] : [[taps], [taps, taps]]) {
    const m = tf.randomNormal([batch, height, width, ...form], 0, 1, 'float32', 4);
    alive.push(m);
    yield run(SIMILARITY_CONV2D, { x, w, m });
    yield run(SIMILARITY_CONV2D_BACKPROP_INPUT, { w, m, dy });
    yield run(SIMILARITY_CONV2D_BACKPROP_FILTER, { x, m, dy });
    yield run(SIMILARITY_CONV2D_BACKPROP_SIMILARITY, { x, w, dy }, { g, mShape: m.shape });
  }
}

/** @returns undefined where the kernel multiplies by no tile, or its problem is in `known`. */
async function fastestTile(
  engines: GpuEngines,
  run: () => void,
  known: Readonly<Record<string, Tile>>,
): Promise<{ key: string; tile: Tile; told: string } | undefined> {
  const backend = await engines.use('neusim');
  const met = new Map<string, Problem>();
  tuning.watchProblems((problem) => met.set(tuning.tuningKey(problem), problem), run);
  const [[key, problem] = []] = [...met];
  if (met.size !== 1 || key === undefined || problem === undefined || key in known) return undefined;
  const byRule = await time(engines, backend, run);
  const timed: { tile: Tile; milliseconds: number }[] = [];
  const all = tuning.candidates(problem, backend.device.limits);
  for (const tile of engines.speed.quick ? all.slice(-2) : all)
    timed.push({ tile, milliseconds: await time(engines, backend, () => tuning.withTile(tile, run)) });
  const best = timed.reduce((a, b) => (b.milliseconds < a.milliseconds ? b : a));
  const values = Object.values(best.tile).join('×');
  const told = `${best.milliseconds.toPrecision(3)} ms by ${values}, ${byRule.toPrecision(3)} ms by the rule`;
  return { key, tile: best.tile, told };
}

/** Median milliseconds of one run. */
async function time(
  { speed }: GpuEngines,
  backend: Parameters<typeof timeRuns>[0],
  run: () => void,
): Promise<number> {
  await timeRuns(backend, run, 1);
  const { milliseconds } = await timeRuns(backend, run, 1);
  const repeats = speed.software ? 1 : Math.min(100, Math.ceil(10 / milliseconds));
  const rounds = [];
  for (let i = 0; i < (speed.software ? 2 : 7); i++)
    rounds.push((await timeRuns(backend, run, repeats)).milliseconds);
  return median(rounds);
}
