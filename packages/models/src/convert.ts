/**
 * A model that was made with tfjs's own layers, with neural similarity in its convolutions (Liu et al. 2019; method: §3):
 * every part starts where the convolution is what it was, so that the converted model begins where the given one ended.
 */
import {
  disposeNewVariables,
  isModel,
  NeuralSimilarityConv2D,
  type NeuralSimilarityConv2DArgs,
  type Part,
  rebuildModel,
  rewire,
  servingLayers,
  type Use,
  useLayer,
  weightsAsMade,
  wireSimilarity,
} from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel, layers, SymbolicTensor } from '@tensorflow/tfjs-layers';

type Layer = layers.Layer;

/** What the convolutions become, and which of them. */
export interface Conversion
  extends Required<Pick<NeuralSimilarityConv2DArgs, 'similarity'>>,
    Pick<NeuralSimilarityConv2DArgs, 'shape' | 'predictor'> {
  /** Which of the model's Conv2D layers; default: those whose window has more than one tap. */
  readonly layers?: (layer: Layer) => boolean;
}

/**
 * A new model in which neural similarity layers of the same names stand for the Conv2D layers of a tfjs model (functional
 * or sequential, models inside it included), with their kernels and biases; everything else, batch norm too, is copied
 * with its weights. Depthwise, separable and transposed convolutions stay. The given model is left as it is. A layer that
 * is not trainable stays so, with its M.
 *
 * The outputs are equal as long as the similarity starts at M = I, as the defaults of all do: the options `authors` of some
 * do not. A shape that starts elsewhere is refused: `deformable` takes `version: 1` or `modulation: 'twice-sigmoid'`, and
 * `active` `start: 'square', noise: 0`.
 * @param spec made parts: `registry.make('similarity', 'static-uns')`. A dynamic similarity needs a predictor, and maps
 *   of known size.
 * @throws NeusimError CONVERT_NOTHING where no layer is converted or the model is no LayersModel, CONVERT_START for parts that cannot start at the
 *   convolution, CONVERT_SHARED for a convolution or predictor that cannot be shared as the model shares it, and
 *   LAYER_OPTIONS for parts that do not go together, or are none.
 */
export function convertToNsl(model: LayersModel, spec: Conversion): LayersModel {
  requireConversion(model, spec);
  const converted: NeuralSimilarityConv2D[] = [];
  const chosen = spec.layers ?? hasTaps;
  return disposeNewVariables(() => {
    const made = rebuildModel(model, () => (layer) => {
      if (!isConvolution(layer) || !chosen(layer)) return undefined;
      const { made, use } = similarityLayer(layer, spec);
      converted.push(made);
      return use;
    });
    if (converted.length === 0) throw nothing(model);
    refuseTornPredictors(made);
    freezePredictors(converted);
    return made;
  });
}

/** @throws NeusimError CONVERT_NOTHING for what is no LayersModel, LAYER_OPTIONS for no similarity or no function. */
function requireConversion(model: LayersModel, spec: Conversion): void {
  if (!Array.isArray(model?.layers) || typeof model.call !== 'function')
    throw new NeusimError('CONVERT_NOTHING', 'what is given is no LayersModel', {
      data: { given: (model as object | undefined)?.constructor?.name },
      hint: 'Give a model of tf.model, tf.sequential or tf.loadLayersModel: a GraphModel has no layers to convert.',
    });
  if (typeof spec?.similarity?.toM !== 'function')
    throw new NeusimError('LAYER_OPTIONS', `${JSON.stringify(spec?.similarity)} is no similarity`, {
      data: { kind: 'similarity', given: spec?.similarity },
      hint: "Make it by its name: { similarity: registry.make('similarity', 'static-uns') }.",
    });
  if (spec.layers !== undefined && typeof spec.layers !== 'function')
    throw new NeusimError('LAYER_OPTIONS', `layers is ${JSON.stringify(spec.layers)}, and no function`, {
      data: { option: 'layers', given: spec.layers },
      hint: "Give a function of a layer, such as ({ name }) => name !== 'root'.",
    });
}

/** The M of a layer that is not trainable stays too: what serves no other layer is not trainable either. */
function freezePredictors(converted: readonly NeuralSimilarityConv2D[]): void {
  const networksOf = (trainable: boolean) =>
    new Set(converted.flatMap((layer) => (layer.trainable === trainable ? [...servingLayers(layer)] : [])));
  const trained = networksOf(true);
  for (const layer of networksOf(false)) if (!trained.has(layer)) layer.trainable = false;
}

const isConvolution = (layer: Layer) => layer.getClassName() === 'Conv2D';

function hasTaps(layer: Layer): boolean {
  return (layer.getConfig().kernelSize as number[]).some((size) => size > 1);
}

/** The layer that stands for a Conv2D, with its predictor where it has one. */
function similarityLayer(
  stock: Layer,
  { similarity, shape, predictor }: Conversion,
): { made: NeuralSimilarityConv2D; use: Use } {
  const rate = stock.getConfig().dilationRate as number[];
  if (similarity.respond || (similarity.source === 'none' && similarity.fold))
    throw otherStart(stock, similarity, 'has a response in place of the inner product');
  if (shape?.startsPlain === false)
    throw otherStart(stock, shape, 'reads other values, or a part of them, with these options');
  if (shape?.dilations && String(shape.dilations) !== String(rate))
    throw otherStart(stock, shape, `spaces its taps [${shape.dilations}], the layer [${rate}]`);
  const args = {
    ...stock.getConfig(),
    similarity,
    shape,
    predictor,
  } as unknown as NeuralSimilarityConv2DArgs;
  const layer = new NeuralSimilarityConv2D(args);
  let first: { readonly x: SymbolicTensor; readonly y: SymbolicTensor } | undefined;
  const use: Use = ([given]) => {
    const x = given as SymbolicTensor;
    if (!first) {
      first = { x, y: wireSimilarity(layer, x) };
      tidy(() => layer.setWeights(weightsOf(stock, layer)));
      return first.y;
    }
    if (predictor && String(first.x.shape) !== String(x.shape)) throw otherSize(layer, first.x, x);
    // A further use has the same layers, those of the predictor too.
    return rewire([first.y], new Map([[first.x.id, x]]), (each) => useLayer(each));
  };
  return { made: layer, use };
}

/** Kernel and bias are the first weights of both; what is the similarity's or the shape's keeps its start. */
function weightsOf(stock: Layer, layer: Layer): Tensor[] {
  const given = weightsAsMade(stock);
  return [...given, ...layer.getWeights().slice(given.length)];
}

/**
 * A shared predictor may not serve a model and a model inside it: tfjs saves each with its own layers, and would load
 * two predictors.
 */
function refuseTornPredictors(model: LayersModel): void {
  const owner = new Map<Layer, LayersModel>();
  const walk = (each: LayersModel) => {
    for (const layer of each.layers) {
      const other = owner.get(layer);
      if (other && other !== each)
        throw new NeusimError(
          'CONVERT_SHARED',
          `${layer.name} would belong to ${other.name} and ${each.name}`,
          {
            data: { layer: layer.name, models: [other.name, each.name] },
            hint: 'A shared predictor serves one model: choose layers of one, or a predictor for each layer.',
          },
        );
      owner.set(layer, each);
      if (isModel(layer) && !other) walk(layer);
    }
  };
  walk(model);
}

function otherStart(layer: Layer, { name }: Part, why: string): NeusimError {
  return new NeusimError(
    'CONVERT_START',
    `${name} does not start at the convolution of ${layer.name}: it ${why}`,
    {
      data: { layer: layer.name, part: name },
      hint: "Take parts, and options of theirs, that start as the plain convolution (static-uns; deformable with version: 1; active with start: 'square', noise: 0); or build the network anew.",
    },
  );
}

function otherSize(layer: Layer, first: SymbolicTensor, x: SymbolicTensor): NeusimError {
  return new NeusimError(
    'CONVERT_SHARED',
    `layer ${layer.name} is used on maps [${first.shape}] and [${x.shape}], and its predictor has one grid`,
    {
      data: { layer: layer.name, shapes: [first.shape, x.shape] },
      hint: 'Leave this layer out with the option layers, or choose a static similarity.',
    },
  );
}

function nothing(model: LayersModel): NeusimError {
  const met = [...new Set(model.layers.map((layer) => layer.getClassName()))];
  const left = model.layers.filter(isConvolution).map(({ name }) => name);
  const why =
    left.length > 0 ? `of its Conv2D layers (${left.join(', ')}) none is chosen` : 'it has no Conv2D layer';
  return new NeusimError('CONVERT_NOTHING', `nothing of ${model.name} is converted: ${why}`, {
    data: { model: model.name, layers: met, left },
    hint:
      left.length > 0
        ? 'Windows above 1×1 are converted unless the option layers, a function, chooses: () => true takes every Conv2D.'
        : 'Depthwise, separable, transposed and 1-D or 3-D convolutions stay as they are; convert a model with a Conv2D.',
  });
}
