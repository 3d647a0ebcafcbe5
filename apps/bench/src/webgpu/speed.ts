/**
 * How fast the adapter is, told at the start: a GPU gets the sizes of the goals, a software adapter sizes that it
 * works off in seconds, and the report says so.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type ConvShape, convShape, gflop } from '../suites/shapes';
import { currentBackend, workDone } from './backend';

export interface Speed {
  readonly software: boolean;
  /** Of a matrix product of 256³, forward. */
  readonly gflops: number;
  /** Tiny sizes whatever it is. */
  readonly quick: boolean;
}

/** Seconds that one run may take on a software adapter, and how much faster than a convolution its product is. */
const SECONDS = 0.2;
const PRODUCT_OVER_CONVOLUTION = 2;

export async function tellSpeed(software: boolean, quick: boolean): Promise<Speed> {
  const side = quick ? 64 : 256;
  const a = tf.randomNormal<tf.Rank.R2>([side, side], 0, 1, 'float32', 1);
  const backend = currentBackend();
  let milliseconds = 0;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    tf.dispose(tf.matMul(a, a));
    await workDone(backend);
    milliseconds = performance.now() - start;
  }
  a.dispose();
  return { software, quick, gflops: (2 * side ** 3) / 1e6 / milliseconds };
}

const gflopPerRun = ({ gflops }: Speed) => (SECONDS * gflops) / PRODUCT_OVER_CONVOLUTION;

/** `wanted`, or on a software adapter the largest power of two below it that is worked off in time. */
export function batchFor(speed: Speed, wanted: number, gflopAnImage: number): number {
  if (speed.quick) return Math.min(wanted, 2);
  if (!speed.software) return wanted;
  const most = Math.max(1, gflopPerRun(speed) / gflopAnImage);
  return Math.min(wanted, 2 ** Math.floor(Math.log2(most)));
}

/** The shapes that the ratios are means over: those of the networks at batch 128, and a larger map. */
const shapes = [
  convShape(128, 32, 32, 32),
  convShape(128, 16, 64, 64),
  convShape(128, 8, 128, 128),
  convShape(32, 42, 64, 64),
];

export function convShapesFor(speed: Speed): readonly ConvShape[] {
  if (speed.quick) return [convShape(2, 5, 4, 4)];
  return shapes.map((shape) => ({
    ...shape,
    batch: batchFor(speed, shape.batch, (3 * gflop(shape)) / shape.batch),
  }));
}

/** What the report says of sizes that are not those of the goals. */
export function sizesNote({ software, quick, gflops }: Speed): readonly string[] {
  if (quick || !software) return [];
  return [
    `a software adapter (${gflops.toPrecision(2)} GFLOP/s in matrix products): batches as small as that asks for, and no figure says anything of a GPU`,
  ];
}
