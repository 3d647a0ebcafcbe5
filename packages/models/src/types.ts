/** What a model definition makes: an architecture with its options fixed, built as often as wanted. */
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** [height, width, channels] of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Product of the registry's kind `model`. */
export interface Model {
  readonly name: string;
  readonly inputShape: ImageShape;
  /** Number of logits; 0 for a network without a head, which gives embeddings [B,features]. */
  readonly classes: number;
  /** The options it was made from, defaults filled in: plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /**
   * A new network, [B,height,width,channels] to logits [B,classes] (or embeddings). The same options and seed give the same
   * weights. The caller disposes of it (`disposeModel`).
   * @throws NeusimError MODEL_INPUT_TOO_SMALL where the pools leave nothing of the map, and what its parts throw.
   */
  build(): LayersModel;
}
