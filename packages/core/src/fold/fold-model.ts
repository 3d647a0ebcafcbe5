/**
 * Folding a model for inference (method: §7): static similarities into their kernels, batch norm into the
 * convolution before it. What comes out is made of tfjs's own layers wherever nothing dynamic is left, so that
 * plain tfjs loads and runs it without NeuSim.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { BatchNorm } from '../layers/batch-norm';
import { isOperatorLayer } from '../layers/is-operator-layer';
import { NeuralSimilarityConv2D } from '../layers/neural-similarity-conv2d';
import { copyLayer, rebuildModel, useLayer, weightsAsMade } from '../rebuild-model';
import { innerProduct } from '../similarity/inner-product';
import { leafLayers } from '../weights';
import { readSpreads, type Spread, spreadKernel, spreadsOf, zeroPadding } from './spread-taps';

export interface FoldOptions {
  /** Fold batch norm into the convolution before it; default true. */
  readonly batchNorm?: boolean;
  /**
   * `refuse` (default): a dynamic similarity, or an operator, is an error. `keep`: its layer stays; a similarity's with
   * batch norm in its kernel.
   */
  readonly dynamic?: 'refuse' | 'keep';
}

type Layer = layers.Layer;

/** y = x·scale + shift, a channel. */
interface Affine {
  readonly scale: tf.Tensor1D;
  readonly shift: tf.Tensor1D;
}

/**
 * A new model with the same outputs, folded; the given model is left as it is.
 *
 * Batch norm folds where a convolution without activation feeds it alone and is used once. Taps that read at learned places
 * become a kernel of a larger window, with zeros around the map where `same` and `valid` do not say it. A folded layer that
 * tfjs's Conv2D cannot run (strides and dilations both above 1) stays a NeuSim layer with the inner product.
 * @throws NeusimError FOLD_DYNAMIC for a dynamic similarity or shape, or an operator, unless `dynamic: 'keep'`; FOLD_ASYNC
 *   for learned places on an engine whose values cannot be read at once: `foldModelAsync` folds them.
 */
export function foldModel(model: LayersModel, options: FoldOptions = {}): LayersModel {
  return fold(model, options, spreadsOf(fixedLayers(model, options)));
}

/** `foldModel` on every engine: on WebGPU too, whose values are read later. @throws NeusimError FOLD_DYNAMIC. */
export async function foldModelAsync(model: LayersModel, options: FoldOptions = {}): Promise<LayersModel> {
  return fold(model, options, await readSpreads(fixedLayers(model, options)));
}

function fold(
  model: LayersModel,
  { batchNorm = true }: FoldOptions,
  spreads: ReadonlyMap<Layer, Spread>,
): LayersModel {
  return rebuildModel(model, (each) => {
    const folded = batchNorm ? foldableNorms(each) : new Map<Layer, Layer>();
    const normOf = new Map([...folded].map(([norm, conv]) => [conv, norm]));
    return (layer) => {
      if (folded.has(layer)) return (inputs) => inputs;
      const [norm, spread] = [normOf.get(layer), spreads.get(layer)];
      const use = useLayer(replacement(layer, norm !== undefined, spread), () =>
        foldedWeights(layer, norm ? affineOf(norm) : undefined, spread),
      );
      const zeros = spread && zeroPadding(spread, layer as NeuralSimilarityConv2D);
      return zeros ? (inputs, callArgs) => use([zeros.apply(inputs) as SymbolicTensor], callArgs) : use;
    };
  });
}

/** Norm layers that disappear, each with the convolution that takes them in. */
function foldableNorms(model: LayersModel): Map<Layer, Layer> {
  const found = new Map<Layer, Layer>();
  for (const norm of model.layers) {
    if (!isNorm(norm) || norm.inboundNodes.length !== 1) continue;
    const conv = norm.inboundNodes[0]?.inputTensors[0]?.sourceLayer;
    if (conv && isBareConvolution(conv) && conv.inboundNodes.length === 1 && conv.outboundNodes.length === 1)
      if (!model.outputs.some((output) => output.sourceLayer === conv)) found.set(norm, conv);
  }
  return found;
}

function isNorm(layer: Layer): boolean {
  if (layer instanceof BatchNorm) return true;
  if (layer.getClassName() !== 'BatchNormalization') return false;
  const axis = layer.getConfig().axis as number;
  return axis === -1 || axis + 1 === layer.inboundNodes[0]?.inputTensors[0]?.rank;
}

/** A response is no longer linear in the kernel, so that no norm after it goes into the kernel. */
function isBareConvolution(layer: Layer): boolean {
  const convolution =
    layer instanceof NeuralSimilarityConv2D ? !layer.similarity.respond : layer.getClassName() === 'Conv2D';
  const { activation, dataFormat } = layer.getConfig();
  return convolution && dataFormat !== 'channelsFirst' && (activation === 'linear' || activation == null);
}

/** The layer that stands in the folded model for `layer`, not yet built. */
function replacement(layer: Layer, takesNorm: boolean, spread: Spread | undefined): Layer {
  const config = { ...layer.getConfig(), ...(takesNorm ? { useBias: true } : {}) } as Record<string, unknown>;
  if (layer instanceof NeuralSimilarityConv2D) {
    const args = without(config, [
      'similarity',
      'shape',
      'predictor',
      'kernelRegularizer',
      'biasRegularizer',
      'activityRegularizer',
    ]);
    if (isDynamic(layer)) {
      const { similarity, shape, predictor } = layer;
      return new NeuralSimilarityConv2D({ ...args, similarity, shape, predictor } as never);
    }
    if (spread) {
      const { kernelSize, padding } = spread;
      return layers.conv2d({ ...args, kernelSize: [...kernelSize], padding, dilationRate: 1 } as never);
    }
    const { strides, dilationRate } = args as { strides: number[]; dilationRate: number[] };
    const dilations = [...(layer.shape.dilations ?? dilationRate)] as [number, number];
    const plain = { ...args, dilationRate: dilations } as never;
    return strides.some((s) => s > 1) && dilations.some((d) => d > 1)
      ? new NeuralSimilarityConv2D({ ...(plain as object), similarity: innerProduct } as never)
      : layers.conv2d(plain);
  }
  if (isOperatorLayer(layer)) {
    const OperatorLayer = layer.constructor as unknown as new (args: object) => Layer;
    const regularizers = ['kernelRegularizer', 'biasRegularizer', 'activityRegularizer'];
    return new OperatorLayer({ ...without(config, regularizers), operator: layer.operator });
  }
  if (layer instanceof BatchNorm) {
    const { name, epsilon } = config;
    return layers.batchNormalization({ name, epsilon } as never);
  }
  return copyLayer(layer);
}

/** Whether `foldModel` folds all of the model: none of its layers depends on its input. */
export function isFoldable(model: LayersModel): boolean {
  return !leafLayers(model).some((layer) => partsOfDynamic(layer));
}

/** Whether a layer is more than one kernel: its M or its taps depend on the input, or it has a response. */
function isDynamic({ similarity, shape }: NeuralSimilarityConv2D): boolean {
  return similarity.source === 'predictor' || similarity.respond !== undefined || shape.dynamic === true;
}

/** Names of the parts of a layer that does not fold. */
function partsOfDynamic(layer: Layer): Readonly<Record<string, string>> | undefined {
  if (isOperatorLayer(layer)) return { operator: layer.operator.name };
  if (!(layer instanceof NeuralSimilarityConv2D) || !isDynamic(layer)) return undefined;
  return { similarity: layer.similarity.name, shape: layer.shape.name };
}

/** The similarity layers that are one kernel each. @throws NeusimError FOLD_DYNAMIC for others, where they are refused. */
function fixedLayers(model: LayersModel, { dynamic = 'refuse' }: FoldOptions): NeuralSimilarityConv2D[] {
  const all = leafLayers(model);
  if (dynamic === 'refuse')
    for (const layer of all) {
      const parts = partsOfDynamic(layer);
      if (parts)
        throw new NeusimError(
          'FOLD_DYNAMIC',
          `layer ${layer.name} (${Object.values(parts).join(', ')}) is no one kernel for every input and does not fold`,
          {
            data: { layer: layer.name, ...parts },
            hint: "foldModel(model, { dynamic: 'keep' }) folds the rest and keeps such layers.",
          },
        );
    }
  return all.filter((layer) => layer instanceof NeuralSimilarityConv2D).filter((layer) => !isDynamic(layer));
}

/** Weights for the replacement of `layer`, in its order, with the norm after it multiplied in. */
function foldedWeights(layer: Layer, norm: Affine | undefined, spread: Spread | undefined): tf.Tensor[] {
  if (layer instanceof BatchNorm) return layer.statistics();
  const convolution = layer instanceof NeuralSimilarityConv2D || norm !== undefined;
  if (!convolution) return weightsAsMade(layer);
  const [kernel, bias, ...rest] = convolutionWeights(layer, spread);
  if (!norm) return [kernel, ...(bias ? [bias] : []), ...rest];
  const shift = bias ? tf.add(tf.mul(bias, norm.scale), norm.shift) : norm.shift;
  return [tf.mul(kernel, norm.scale), shift, ...rest];
}

/** [kernel, bias or null, what else the replacement keeps]. */
function convolutionWeights(
  layer: Layer,
  spread: Spread | undefined,
): [tf.Tensor, tf.Tensor | null, ...tf.Tensor[]] {
  const [kernel, ...others] = weightsAsMade(layer) as [tf.Tensor, ...tf.Tensor[]];
  const bias = layer.getConfig().useBias ? (others.shift() as tf.Tensor) : null;
  if (layer instanceof NeuralSimilarityConv2D && !isDynamic(layer)) {
    const { w } = layer.comparison();
    return [spread ? spreadKernel(w, spread) : w, bias];
  }
  return [kernel, bias, ...others];
}

function affineOf(norm: Layer): Affine {
  if (norm instanceof BatchNorm) return norm.affine();
  const { scale, center, epsilon } = norm.getConfig() as { scale: boolean; center: boolean; epsilon: number };
  const weights = weightsAsMade(norm);
  const gamma = scale ? (weights.shift() as tf.Tensor) : tf.scalar(1);
  const beta = center ? (weights.shift() as tf.Tensor) : tf.scalar(0);
  const [mean, variance] = weights as [tf.Tensor, tf.Tensor];
  const factor = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon))) as tf.Tensor1D;
  return { scale: factor, shift: tf.sub(beta, tf.mul(mean, factor)) as tf.Tensor1D };
}

function without(config: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
}
