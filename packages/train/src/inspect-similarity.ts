/** What a trained network learned besides kernels: the M of each layer, weight or prediction, and its D. */
import { NeuralSimilarityConv2D, type Similarity, type Taps } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Sampling, samplingOf } from './inspect/sampling';
import { disposeSeen, geometryOf, type Seen, seenBy, weightsOf, windowOf } from './inspect/seen';

/** How much a predicted M differs. Each is 0 where M is the same everywhere. */
export interface SimilaritySpread {
  readonly layer: string;
  /** Standard deviation over the positions of an image; mean over images and entries of M. */
  readonly positions: number;
  /** Standard deviation over images at a position; mean over positions and entries of M. */
  readonly images: number;
  /** Mean distance of an entry of M from the identity's. */
  readonly fromIdentity: number;
}

/** One similarity layer. Numbers are plain, so that it can be saved and posted. */
export interface LayerSimilarity {
  readonly layer: string;
  /** Names of its parts. */
  readonly similarity: string;
  readonly shape: string;
  readonly predictor: string | null;
  /** Their options. */
  readonly options: Readonly<Record<'similarity' | 'shape' | 'predictor', Readonly<Record<string, unknown>>>>;
  /** [height, width] of the kernel: K taps, row-major. */
  readonly kernel: readonly [number, number];
  readonly form: Similarity['form'];
  /**
   * A static M, row by row: [K], [K,K] (rows are kernel taps), [groups,K,K], or [K·C,K·C]; null where M is not a weight.
   */
  readonly matrix: readonly number[] | null;
  /** The diagonal D of a shape that has one, [K]: zeros and ones, or values between them; null for other shapes. */
  readonly mask: readonly number[] | null;
  /** Where the taps read, for the first image; null for the window's own lattice. */
  readonly sampling: Sampling | null;
  /** The M predicted for the first image, [height,width,K] or [height,width,K,K]; null where it is not predicted. */
  readonly predicted: {
    readonly height: number;
    readonly width: number;
    readonly values: readonly number[];
    readonly spread: SimilaritySpread;
  } | null;
}

/** The model's similarity layers, in its order. */
export function similarityLayers(model: LayersModel): NeuralSimilarityConv2D[] {
  return model.layers.filter((layer) => layer instanceof NeuralSimilarityConv2D);
}

/**
 * The M that every dynamic layer predicts, by the layer's name: [B,H',W',K] or [B,H',W',K,K]. The caller disposes.
 * @param images [B,height,width,channels], normalised as in training.
 */
export function predictSimilarity(model: LayersModel, images: tf.Tensor4D): Map<string, tf.Tensor> {
  const layers = similarityLayers(model).filter(({ similarity }) => similarity.source === 'predictor');
  const seen = seenBy(model, layers, images);
  const found = layers.map((layer) => {
    const m = matrixOf(layer, seen.get(layer.name)?.z);
    return [layer.name, m] as const;
  });
  disposeSeen(seen);
  return new Map(found);
}

/**
 * How the predicted M of each dynamic layer spreads.
 * @param images [B,height,width,channels] as for `predictSimilarity`; with B = 1 the spread over images is 0.
 */
export async function spreadOfM(model: LayersModel, images: tf.Tensor4D): Promise<SimilaritySpread[]> {
  const predicted = predictSimilarity(model, images);
  try {
    return await Promise.all([...predicted].map(([layer, m]) => spreadOf(layer, m)));
  } finally {
    tf.dispose([...predicted.values()]);
  }
}

/**
 * All of it, for every similarity layer that is not a plain convolution.
 * @param images [B,height,width,channels] as for `spreadOfM`; M is predicted, and taps are placed, for the first.
 */
export async function inspectSimilarity(model: LayersModel, images: tf.Tensor4D): Promise<LayerSimilarity[]> {
  const layers = similarityLayers(model).filter(
    ({ similarity, shape }) => similarity.source !== 'none' || similarity.respond || shape.name !== 'full',
  );
  const seen = seenBy(model, layers, images);
  try {
    return await Promise.all(layers.map((layer) => inspectLayer(layer, seen.get(layer.name))));
  } finally {
    disposeSeen(seen);
  }
}

/** One layer. @param seen what it sees (`seenBy`); without it nothing that depends on an image is told. */
export async function inspectLayer(layer: NeuralSimilarityConv2D, seen: Seen = {}): Promise<LayerSimilarity> {
  const { name, similarity, shape, predictor } = layer;
  const g = windowOf(layer);
  const isStatic = similarity.source === 'parameter';
  const m = seen.z && matrixOf(layer, seen.z);
  try {
    return {
      layer: name,
      similarity: similarity.name,
      shape: shape.name,
      predictor: predictor?.name ?? null,
      options: { similarity: similarity.options, shape: shape.options, predictor: predictor?.options ?? {} },
      kernel: [g.kernelHeight, g.kernelWidth],
      form: similarity.form,
      matrix: await numbers(() => (isStatic ? similarity.toM(weightsOf(layer, 'similarity')[0], g) : null)),
      mask: await numbers(() => tapsOf(layer, seen)?.mask),
      sampling: await samplingFor(layer, seen),
      predicted: m ? await predictedOf(name, m) : null,
    };
  } finally {
    m?.dispose();
  }
}

const matrixOf = (layer: NeuralSimilarityConv2D, z: tf.Tensor | undefined) =>
  tf.tidy(() => layer.similarity.toM(z, windowOf(layer)) as tf.Tensor);

async function predictedOf(layer: string, m: tf.Tensor): Promise<NonNullable<LayerSimilarity['predicted']>> {
  const [, height = 0, width = 0] = m.shape;
  const values = (await numbers(() => tf.slice(m, 0, 1))) ?? [];
  return { height, width, values, spread: await spreadOf(layer, m) };
}

/** What the shape says; null where it depends on an image, and there is none. The caller tidies. */
export function tapsOf(layer: NeuralSimilarityConv2D, { x }: Seen): Taps | null {
  return layer.shape.dynamic && !x ? null : layer.taps(x);
}

async function samplingFor(layer: NeuralSimilarityConv2D, seen: Seen): Promise<Sampling | null> {
  const g = geometryOf(layer, seen);
  const taps =
    g &&
    tf.tidy(() => {
      const { offsets, modulation } = tapsOf(layer, seen) ?? {};
      // Copies: what a shape returns may be a weight.
      return {
        ...(offsets && { offsets: offsets.clone() }),
        ...(modulation && { modulation: modulation.clone() }),
      };
    });
  if (!taps) return null;
  try {
    const isMoved = taps.offsets || taps.modulation || g.dilations.some((rate) => rate > 1);
    return isMoved ? await samplingOf(g, taps) : null;
  } finally {
    tf.dispose([...Object.values(taps)]);
  }
}

/** The values of what `make` returns, if it returns a tensor. */
async function numbers(make: () => tf.Tensor | null | undefined): Promise<number[] | null> {
  // A copy: what is returned may be a weight.
  const [tensor] = tf.tidy(() => [make()].flatMap((made) => made?.clone() ?? []));
  if (!tensor) return null;
  const values = [...(await tensor.data())];
  tensor.dispose();
  return values;
}

async function spreadOf(layer: string, m: tf.Tensor): Promise<SimilaritySpread> {
  const found = tf.tidy(() => {
    const [batch, height, width, taps, columns] = m.shape as number[];
    const flat = tf.reshape(m, [batch as number, (height as number) * (width as number), -1]);
    const identity = columns === undefined ? tf.scalar(1) : tf.reshape(tf.eye(taps as number), [-1]);
    const deviation = (axis: number) => tf.mean(tf.sqrt(tf.moments(flat, axis).variance));
    const all = [deviation(1), deviation(0), tf.mean(tf.abs(tf.sub(flat, identity)))];
    return tf.stack(all);
  });
  const [positions = 0, images = 0, fromIdentity = 0] = await found.data();
  found.dispose();
  return { layer, positions, images, fromIdentity };
}
