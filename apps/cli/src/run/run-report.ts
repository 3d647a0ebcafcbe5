// What a finished run hands to the report, as plain JSON.

import type { SimilaritySpread } from '@neusim/train';
import type { ResultRow } from './results';

/** [step, value] */
export type Point = readonly [step: number, value: number];

/** The learned M of one layer, the same for every input. */
export interface StaticMatrix {
  readonly layer: string;
  /** [height, width] of the kernel; K is their product. */
  readonly kernel: readonly [number, number];
  readonly form: 'diagonal' | 'full';
  /** [K] or [K, K], row-major: rows are kernel taps, columns input taps. */
  readonly values: readonly number[];
}

/** The M that a layer's predictor gives for one image. */
export interface DynamicMatrix extends StaticMatrix {
  readonly height: number;
  readonly width: number;
  /** [height, width, K] or [height, width, K, K]. */
  readonly values: readonly number[];
}

/** The 0/1 diagonal D of one layer. */
export interface LearnedShape {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  /** [K], zeros and ones. */
  readonly mask: readonly number[];
}

/** A test image and what the network makes of it. */
export interface Sample {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** [height, width, channels], 0..255. */
  readonly pixels: readonly number[];
  readonly label: string;
  readonly predicted: string;
}

/** What was learned besides kernels. */
export interface Learned {
  readonly matrices: readonly StaticMatrix[];
  readonly shapes: readonly LearnedShape[];
  readonly spread: readonly SimilaritySpread[];
  /** For the sample. */
  readonly dynamic: readonly DynamicMatrix[];
  readonly sample: Sample;
}

export interface RunReport {
  readonly result: ResultRow;
  readonly loss: readonly Point[];
  /** Percent of the test images. */
  readonly testError: readonly Point[];
  readonly learned: Learned;
  /** The config as it was parsed. */
  readonly config: unknown;
}
