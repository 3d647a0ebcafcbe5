/** What a trained network learned besides kernels: the M of each layer, weight or prediction, and its D. */
import { describeWeights, NeuralSimilarityConv2D, type Role, type Similarity } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, model as makeModel, type SymbolicTensor } from '@tensorflow/tfjs-layers';

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
  /** [height, width] of the kernel: K taps, row-major. */
  readonly kernel: readonly [number, number];
  readonly form: Similarity['form'];
  /**
   * A static M row by row (of the kernel): [K], [K,K], [groups,K,K] or [K·C,K·C]; null where M is not a weight.
   */
  readonly matrix: readonly number[] | null;
  /** The 0/1 diagonal D of a learned shape, [K]; null for other shapes. */
  readonly mask: readonly number[] | null;
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
  if (layers.length === 0) return new Map();
  // Never disposed of: it has no weights of its own, and would free the model's.
  const inner = makeModel({ inputs: model.inputs, outputs: layers.map(predictionOf) });
  const found = tf.tidy(() => {
    const z = [inner.apply(images)].flat() as tf.Tensor[];
    return layers.map((layer, index) => layer.similarity.toM(z[index], geometryOf(layer)) as tf.Tensor);
  });
  return new Map(layers.map((layer, index) => [layer.name, found[index] as tf.Tensor]));
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
 * @param images [B,height,width,channels] as for `spreadOfM`; M is predicted for the first.
 */
export async function inspectSimilarity(model: LayersModel, images: tf.Tensor4D): Promise<LayerSimilarity[]> {
  const predicted = predictSimilarity(model, images);
  try {
    const layers = similarityLayers(model).filter(
      ({ similarity, shape }) => similarity.source !== 'none' || shape.name !== 'full',
    );
    return await Promise.all(layers.map((layer) => inspectLayer(model, layer, predicted.get(layer.name))));
  } finally {
    tf.dispose([...predicted.values()]);
  }
}

async function inspectLayer(
  model: LayersModel,
  layer: NeuralSimilarityConv2D,
  m: tf.Tensor | undefined,
): Promise<LayerSimilarity> {
  const { name, similarity, shape, predictor } = layer;
  const g = geometryOf(layer);
  const weights = (role: Role) =>
    describeWeights(model)
      .filter((info) => info.layer === name && info.role === role)
      .map(({ variable }) => variable.read());
  const isStatic = similarity.source === 'parameter';
  const [, height = 0, width = 0] = m?.shape ?? [];
  return {
    layer: name,
    similarity: similarity.name,
    shape: shape.name,
    predictor: predictor?.name ?? null,
    kernel: [g.kernelHeight, g.kernelWidth],
    form: similarity.form,
    matrix: await numbers(() => (isStatic ? similarity.toM(weights('similarity')[0], g) : null)),
    mask: await numbers(() => shape.taps?.(weights('shape'), g).mask),
    predicted: m
      ? {
          height,
          width,
          values: (await numbers(() => tf.slice(m, 0, 1))) ?? [],
          spread: await spreadOf(name, m),
        }
      : null,
  };
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

function predictionOf(layer: NeuralSimilarityConv2D): SymbolicTensor {
  return layer.inboundNodes[0]?.inputTensors[1] as SymbolicTensor;
}

function geometryOf(layer: NeuralSimilarityConv2D) {
  return layer.geometry(layer.inboundNodes[0]?.inputShapes[0] as [number, number, number, number]);
}
