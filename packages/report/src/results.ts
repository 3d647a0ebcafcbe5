// results.json: the contract that scripts rely on (docs/contracts.md).

import type { Comparison } from './comparison/types';

/** One trained network; figures that do not apply are null. */
export interface ResultRow {
  readonly name: string;
  readonly seed: number;
  readonly similarity: string;
  readonly shape: string;
  readonly predictor: string | null;
  /** Percent of the test images whose largest logit is another class's. */
  readonly testError: number | null;
  /** Half of its 95 % interval, in percent, where it is that of a sample of episodes. */
  readonly testErrorInterval?: number;
  /** Percent of the test images whose class is not among the five largest logits; null with five classes or fewer. */
  readonly top5Error: number | null;
  /** Mean cross-entropy of the test images. */
  readonly testLoss: number | null;
  /** Trainable values. */
  readonly parameters: number | null;
  /** Of one image's forward pass. */
  readonly multiplyAdds: number | null;
  readonly trainImagesPerSecond: number | null;
  readonly inferenceImagesPerSecond: number | null;
  /** Of the folded model; null where the similarity depends on the input. */
  readonly foldedImagesPerSecond: number | null;
  /** Largest difference of the folded model's logits, over the largest logit. */
  readonly foldDifference: number | null;
}

export interface Results {
  /** Of the first row, where seeds differ. */
  readonly seed: number;
  readonly backend: string;
  readonly dataset: string;
  readonly rows: readonly ResultRow[];
  /** Where there are several rows. */
  readonly comparison?: Comparison;
}
