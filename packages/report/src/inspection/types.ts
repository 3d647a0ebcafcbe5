// What `neusim inspect` knows of a network: plain JSON, all that its page shows. Maps are thinned (`PositionGrid`), texts
// are names.

import type { LearnedShape, Picture, PositionGrid, SamplingPlaces, Spread, StaticMatrix } from '../types';

/** Singular values σ of a matrix, largest first, and their figures. */
export interface SpectrumFigures {
  readonly rows: number;
  readonly columns: number;
  readonly values: readonly number[];
  /** Σσ. */
  readonly nuclear: number;
  /** √Σσ². */
  readonly frobenius: number;
  readonly rank: number;
  /** exp of the entropy of σ/Σσ. */
  readonly effectiveRank: number;
  /** Σσ²/σ₁². */
  readonly stableRank: number;
}

export interface Curve {
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly lowest: readonly number[];
  readonly highest: readonly number[];
}

/** A predicted M over the image. */
export interface DynamicMatrix extends PositionGrid {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  readonly form: 'diagonal' | 'full';
  /** `values` are those of M itself: [height, width, K] or [height, width, K, K]. */
  readonly spread: Spread;
}

export interface InspectedSimilarity {
  readonly name: string;
  readonly shape: string;
  readonly predictor: string | null;
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly matrix: StaticMatrix | null;
  readonly mask: LearnedShape | null;
  readonly sampling: SamplingPlaces | null;
  readonly dynamic: DynamicMatrix | null;
}

export interface InspectionLayer {
  readonly layer: string;
  readonly type: string;
  /** [kh,kw,C,F], or [inputs, outputs]; [] for an operator without kernels of its own. */
  readonly kernel: readonly number[];
  /** Null for a layer of tfjs's own. */
  readonly similarity: InspectedSimilarity | null;
  /** Of an operator's layer: `kernels` that it mixes, 0 where its network makes them; null for others. */
  readonly operator: {
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly kernels: number;
  } | null;
  readonly spectra: {
    readonly kernel: SpectrumFigures | null;
    readonly matrix: SpectrumFigures | null;
    readonly effective: SpectrumFigures | null;
    readonly of: 'every input' | 'the mean M' | null;
  };
  readonly response: {
    readonly patchNorm: number;
    readonly angle: Curve;
    readonly magnitude: Curve;
    readonly weights: readonly { readonly name: string; readonly values: readonly number[] }[];
  } | null;
}

export interface InspectionCost {
  readonly name: string;
  readonly type: string;
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
  /** For one image; null where the size of its map is open. */
  readonly multiplyAdds: number | null;
  /** The layer whose predictor it is part of. */
  readonly serves: string | null;
  readonly byRole: Readonly<Record<string, number>>;
}

export interface InspectionSample {
  readonly picture: Picture;
  /** Where it is from: a file, or a data set's test image. */
  readonly from: string;
  /** Its class; null where that is not known. */
  readonly label: string | null;
  readonly predicted: string;
}

export interface Inspection {
  readonly format: 'neusim-inspection';
  readonly version: 1;
  readonly title: string;
  readonly summary: string;
  readonly facts: readonly (readonly [string, string])[];
  /** What is not shown, and why. */
  readonly notes: readonly string[];
  readonly sample: InspectionSample | null;
  readonly layers: readonly InspectionLayer[];
  readonly costs: readonly InspectionCost[];
  /** Of the whole network. `multiplyAdds` is null where a layer's is. */
  readonly totals: { readonly parameters: number; readonly multiplyAdds: number | null };
}
