/**
 * What a few-shot method is. A `FewShotMethod` (a paper's method with its options) makes a `Learner` of a backbone: all
 * weights that it has, how they are trained, and how it adapts to a task: `fit(support)` gives a `Classifier`.
 */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** Labelled inputs: images, or what the learner's `embed` made of them. */
export interface Examples {
  /** [n, …] */
  readonly x: Tensor;
  /** [n], 0..way - 1. */
  readonly labels: Int32Array;
}

/** One episode. */
export interface Task {
  readonly way: number;
  readonly support: Examples;
  readonly query: Examples;
  /** Of what a method draws in its loss (noise, dropout), another one for each episode: 0..2^53 - 1, default 0. */
  readonly seed?: number | undefined;
}

/** Images of the base classes. */
export interface ClassBatch {
  /** [B,H,W,C] */
  readonly x: Tensor4D;
  /** [B], whole numbers, 0..classes - 1. */
  readonly labels: Tensor1D;
}

/** What a learner has learned of a task. */
export interface Classifier {
  /** Number of its classes; `addClass` makes it one more. */
  readonly way: number;
  /** @param x of the same kind as the support's. @returns logits [n,way]. */
  predict(x: Tensor): Tensor2D;
  /**
   * Learns one more class from its examples; its label is `way` as it was. Absent where the method cannot. To be awaited:
   * some methods adapt anew, and predict as before until they have.
   */
  addClass?(x: Tensor): void | Promise<void>;
  /** Not the learner's weights. */
  dispose(): void;
}

export interface FitOptions {
  /** Of what is drawn while it adapts: a fresh head's start, the order of the support. 0..2^53 - 1, default 0. */
  readonly seed?: number | undefined;
  /** Stops between two steps. */
  readonly signal?: AbortSignal | undefined;
  /** Steps of adaptation, where there are any. */
  onProgress?(done: number, total: number): void;
}

export interface BaseOptions {
  /** Stops between two batches or steps. */
  readonly signal?: AbortSignal | undefined;
  /** Steps of a fit, and how many there are at most: it ends where there is nothing more to gain. */
  onProgress?(done: number, most: number): void;
}

/** How a learner's weights are trained. Losses run the model in training, and are differentiable by its weights. */
export type Training =
  | { readonly by: 'nothing' }
  | { readonly by: 'classes'; loss(batch: ClassBatch): Scalar }
  | {
      readonly by: 'episodes';
      /** Of one episode of images. */
      loss(task: Task): Scalar;
      /** Steps on base classes in between (TADAM's auxiliary co-training). */
      readonly auxiliary?: {
        loss(batch: ClassBatch): Scalar;
        /** That of step `step` of `steps` being one on base classes, 0..1. */
        probability(step: number, steps: number): number;
      };
    };

/** A method's network and its way to learn. */
export interface Learner {
  /** All weights that training moves and checkpoints keep, each once. Disposed of by `disposeModel`. */
  readonly model: LayersModel;
  readonly training: Training;
  /**
   * What `fit` and `predict` take in place of images, where adapting leaves the network that makes it as it is: an
   * image is then embedded once for all episodes. In inference. @param images [n,H,W,C]. @returns [n, …].
   */
  embed?(images: Tensor4D): Tensor;
  /**
   * Computes what is known of the base classes once training is done, such as their mean embedding, into weights of the
   * model. Whoever trains calls it before the last checkpoint; until then such weights hold an estimate.
   * @param images all base images as `embed` takes them, in batches; they stay the giver's.
   */
  prepare?(images: AsyncIterable<Tensor4D>): Promise<void>;
  /**
   * In place of training: learns of the base classes what `fit` wants to know of them besides the backbone, which stays as it
   * is. Absent where `fit` wants nothing of the kind, or `prepare` gives it.
   * @param batches all base images, in batches; they stay the giver's.
   * @throws NeusimError FEWSHOT_BASE_CLASSES where there is no image; the signal's reason.
   */
  fitBase?(batches: AsyncIterable<ClassBatch>, options?: BaseOptions): Promise<void>;
  /**
   * Adapts to the support, every class of which has an example.
   * @throws NeusimError FEWSHOT_BAD_SUPPORT; and the signal's reason, where it stops it.
   */
  fit(support: Examples, way: number, options?: FitOptions): Promise<Classifier>;
}

/** What a learner is made of. */
export interface LearnerParts {
  /** [B,H,W,C] to embeddings [B,features], or to a map [B,h,w,c]. It becomes the learner's. */
  readonly backbone: LayersModel;
  /** Base classes, of the pool that is trained on. */
  readonly classes: number;
  /** Of training episodes: what has a head of its own size in training needs it. */
  readonly way: number;
  /** Start of the weights that the method adds: 0..2^53 - 1. */
  readonly seed: number;
}

/** Product of the registry's kind `method`. */
export interface FewShotMethod {
  readonly name: string;
  /** The options it was made from, defaults filled in: plain JSON. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How its weights are trained, before there are any. */
  readonly trainedBy: Training['by'];
  /** @throws NeusimError FEWSHOT_BACKBONE for a backbone that the method cannot use. */
  build(parts: LearnerParts): Learner;
}
