// What a finished run hands to the report: plain JSON, so that a page is made again without the data and without the
// model. Pictures and matrices are bounded in size; curves have a point for each event, `wrong` an index for each mistake.

import type { Comparison } from './comparison/types';
import type { ResultRow } from './results';

/** [step, value] */
export type Point = readonly [step: number, value: number];

/** A picture that a page shows as it is. */
export interface Picture {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** `data:image/png;base64,…` */
  readonly uri: string;
}

/** The learned M of one layer, the same for every input. */
export interface StaticMatrix {
  readonly layer: string;
  /** [height, width] of the kernel; K is their product. */
  readonly kernel: readonly [number, number];
  readonly form: 'diagonal' | 'full' | 'grouped' | 'bilinear';
  /**
   * [K], [K, K], [groups, K, K] or [K·C, K·C], row-major: rows are kernel taps, columns input taps; of K·C the channels of
   * a tap lie together.
   */
  readonly values: readonly number[];
}

/** M − I of one layer, as its predictor gives it for the sample. */
export interface PredictedMatrix {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  /** Of a full M there is the row of the centre's kernel tap: how much it reads from each input tap. */
  readonly form: 'diagonal' | 'full';
  /** Positions that are kept: means over neighbours, where the layer has more. */
  readonly height: number;
  readonly width: number;
  /** Positions of the layer. */
  readonly positions: readonly [height: number, width: number];
  /** [height, width, K] */
  readonly values: readonly number[];
}

/** The diagonal D of one layer. */
export interface LearnedShape {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  /** [K], zeros and ones, or values between them. */
  readonly mask: readonly number[];
}

/** Values at the positions of a map; where there are too many, every `step`th position is kept, the middle of each step. */
export interface PositionGrid {
  /** Positions of the map. */
  readonly positions: readonly [height: number, width: number];
  readonly step: number;
  /** Positions that are kept. */
  readonly height: number;
  readonly width: number;
  /** [height, width, n] */
  readonly values: readonly number[];
}

/**
 * Where the taps of one layer read: tap t of output (i, j) reads row `i·strides[0] − pad[0] + ⌊t / kernel[1]⌋·dilations[0]
 * + dy` of the layer's input, columns alike; bilinearly, with zeros outside.
 */
export interface SamplingPlaces {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  /** [height, width] of the layer's input. */
  readonly input: readonly [number, number];
  /** [height, width] of its output. */
  readonly output: readonly [number, number];
  readonly strides: readonly [number, number];
  /** [top, left] */
  readonly pad: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Groups of channels that read at places of their own. */
  readonly groups: number;
  /** [height, width, groups·K·2] of (dy, dx), in elements of the input; null: none. One position is for all. */
  readonly offsets: PositionGrid | null;
  /** [height, width, groups·K], factors on what is read; null: 1. */
  readonly modulation: PositionGrid | null;
  /** D, [K]; null: every tap is there. */
  readonly mask: readonly number[] | null;
}

/** How much a predicted M differs; zeros where it is the same everywhere. */
export interface Spread {
  readonly layer: string;
  /** Standard deviation over the positions of an image. */
  readonly positions: number;
  /** Standard deviation over images at a position. */
  readonly images: number;
  /** Mean of |M − I|. */
  readonly fromIdentity: number;
}

/** A test image and what the network makes of it. */
export interface Sample {
  readonly picture: Picture;
  readonly label: string;
  readonly predicted: string;
}

/** What was learned besides kernels. */
export interface Learned {
  readonly matrices: readonly StaticMatrix[];
  readonly shapes: readonly LearnedShape[];
  /** Of layers whose taps do not read at their window's lattice; absent in reports from before it was kept. */
  readonly sampling?: readonly SamplingPlaces[];
  readonly spread: readonly Spread[];
  /** For the sample. */
  readonly dynamic: readonly PredictedMatrix[];
  readonly sample: Sample;
}

/** One class of the test images. */
export interface ClassFigures {
  readonly name: string;
  readonly images: number;
  /** Of them, wrong. */
  readonly wrong: number;
  /** Images of any class that were taken for this one. */
  readonly predicted: number;
}

/** A pair of classes that is mistaken. */
export interface Confused {
  readonly label: string;
  readonly predicted: string;
  readonly images: number;
}

/** A test image that the network got wrong. */
export interface Mistake {
  /** In the split. */
  readonly index: number;
  /** Where the image came from, if it has a file of its own. */
  readonly file: string | null;
  readonly picture: Picture;
  readonly label: string;
  readonly predicted: string;
  /** Of what was predicted, 0..1; null where it is no finite number. */
  readonly probability: number | null;
  /** Cross-entropy of the label; null likewise. */
  readonly loss: number | null;
}

/** How the network does on every image of a split. */
export interface EvaluationReport {
  readonly split: 'train' | 'test';
  readonly images: number;
  /** The same for the same labels in the same order: runs that share it are compared image by image. */
  readonly labels: string;
  /** Percent. */
  readonly error: number;
  /** Percent; null with five classes or fewer. */
  readonly top5Error: number | null;
  /** Mean cross-entropy; null where it is no finite number. */
  readonly loss: number | null;
  /** Indices of the images that are wrong, ascending. */
  readonly wrong: readonly number[];
  readonly classes: readonly ClassFigures[];
  /** The pairs most often mistaken, most first. */
  readonly confused: readonly Confused[];
  /** [label][predicted] in images; of many classes, neighbours are added up: `perCell` classes in each. */
  readonly confusion: { readonly perCell: number; readonly counts: readonly (readonly number[])[] };
  /** Those of the highest loss, highest first. */
  readonly mistakes: readonly Mistake[];
}

/** Something that happened on the way. */
export interface RunNote {
  readonly step: number;
  readonly text: string;
}

export interface RunReport {
  readonly result: ResultRow;
  readonly loss: readonly Point[];
  /** Percent of the test images. */
  readonly testError: readonly Point[];
  readonly learningRate: readonly Point[];
  readonly notes: readonly RunNote[];
  /** Null where the pages that show it are another's: a run among many seeds of one variant. */
  readonly evaluation: EvaluationReport | null;
  readonly learned: Learned | null;
  /** The config as it was parsed. */
  readonly config: unknown;
}

/** report.json: all that report.html shows. */
export interface Report {
  readonly format: 'neusim-report';
  readonly version: 1;
  readonly title: string;
  readonly summary: string;
  /** `[what, value]`: seed, engine, data set, machine … */
  readonly facts: readonly (readonly [string, string])[];
  /** Name of the data set; null where the runs have several. */
  readonly dataset: string | null;
  readonly runs: readonly RunReport[];
  /** Runs that are missing, and why. */
  readonly missing: readonly string[];
  /** Null for a single run. */
  readonly comparison: Comparison | null;
  /** The command that makes this report's runs again. */
  readonly command: string;
}
