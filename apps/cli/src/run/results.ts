// results.json: the contract that scripts rely on (docs/contracts.md).

/** One trained network; figures that do not apply are null. */
export interface ResultRow {
  readonly name: string;
  readonly similarity: string;
  readonly shape: string;
  readonly predictor: string | null;
  /** Percent of the test images. */
  readonly testError: number | null;
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
  readonly seed: number;
  readonly backend: string;
  readonly dataset: string;
  readonly rows: readonly ResultRow[];
}
