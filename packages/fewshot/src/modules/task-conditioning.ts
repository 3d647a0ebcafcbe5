/**
 * A backbone conditioned on the task, as TADAM has it (Oreshkin et al. 2018): FiLM behind the batch norm of each
 * convolution, and a task embedding network that makes γ and β of the mean of the class prototypes. The conditioned
 * network shares all layers with the backbone.
 */
import {
  BatchNorm,
  isOperatorLayer,
  NeuralSimilarityConv2D,
  rewire,
  servingLayers,
  type Use,
  useLayer,
  weightSeed,
} from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model as makeModel,
  type SymbolicTensor,
} from '@tensorflow/tfjs-layers';
import { embeddingSize } from '../backbones/backbone';
import { Film, type FilmArgs } from './film';

type Layer = layers.Layer;

export interface ConditioningOptions extends Pick<FilmArgs, 'multipliers' | 'penalty'> {
  /** Fully connected layers of each γ and β network, from 1. */
  readonly depth: number;
  /** Of their start. */
  readonly seed: number;
}

/**
 * A model of two inputs, images [B,H,W,C] and the task's representation [1,features], whose output is the backbone's as the task
 * conditions it: at first, with every γ₀ and β₀ at 0, the same. Norms of predictors, of shortcuts (layers whose name says
 * so) and of models inside the backbone are left as they are.
 * @throws NeusimError FEWSHOT_BACKBONE for a backbone without a batch norm over its last axis, and as `embeddingSize`.
 */
export function conditionOnTask(backbone: LayersModel, options: ConditioningOptions): LayersModel {
  const task = input({ name: 'task', shape: [embeddingSize(backbone)] });
  const norms = new Set(conditionedNorms(backbone));
  const uses = new Map<Layer, Use>();
  const useOf = (layer: Layer): Use => {
    const known = uses.get(layer);
    if (known) return known;
    const use = norms.has(layer) ? conditioned(layer, task, options) : useLayer(layer);
    uses.set(layer, use);
    return use;
  };
  const [images] = backbone.inputs as [SymbolicTensor];
  const outputs = rewire(backbone.outputs, new Map([[images.id, images]]), useOf);
  return makeModel({ name: `${backbone.name}_on_task`, inputs: [images, task], outputs });
}

function conditionedNorms(backbone: LayersModel): Layer[] {
  const served = backbone.layers.filter(
    (layer) => layer instanceof NeuralSimilarityConv2D || isOperatorLayer(layer),
  );
  const serving = new Set(served.flatMap((layer) => [...servingLayers(layer)]));
  const norms = backbone.layers.filter(
    (layer) => isNorm(layer) && !serving.has(layer) && !layer.name.includes('shortcut'),
  );
  if (norms.length > 0) return norms;
  const classes = [...new Set(backbone.layers.map((layer) => layer.getClassName()))];
  throw new NeusimError(
    'FEWSHOT_BACKBONE',
    `the backbone ${backbone.name} has no batch norm for the task to condition`,
    {
      data: { backbone: backbone.name, layers: classes },
      hint: 'Give one that has: cnn-4, cnn-9 or nsn-resnet of @neusim/models; or choose conditioning: false.',
    },
  );
}

function isNorm(layer: Layer): boolean {
  if (layer instanceof BatchNorm) return true;
  if (layer.getClassName() !== 'BatchNormalization') return false;
  const [axis] = [layer.getConfig().axis].flat() as number[];
  return axis === -1 || axis === (layer.inboundNodes[0]?.outputTensors[0]?.rank ?? 0) - 1;
}

/** The norm, and FiLM behind each use of it. */
function conditioned(norm: Layer, task: SymbolicTensor, options: ConditioningOptions): Use {
  const name = `${norm.name}_film`;
  const { multipliers, penalty } = options;
  const film = new Film({ name, multipliers, penalty });
  let said: readonly SymbolicTensor[] | undefined;
  return (inputs, callArgs) => {
    const h = useLayer(norm)(inputs, callArgs) as SymbolicTensor;
    said ??= ['gamma', 'beta'].map((what) =>
      taskNetwork(task, h.shape.at(-1) as number, `${name}_${what}`, options),
    );
    return film.apply([h, ...said]) as SymbolicTensor;
  };
}

/**
 * A residual network of fully connected layers: the first brings the task to the width of the layer that it conditions,
 * the others work at that width, each with a skip connection: y + W·ReLU(y) + b. The paper leaves the activation and its
 * place open; here the sum is never cut off, so that no start is dead.
 */
function taskNetwork(
  task: SymbolicTensor,
  width: number,
  name: string,
  { depth, seed }: ConditioningOptions,
): SymbolicTensor {
  const dense = (x: SymbolicTensor, k: number) => {
    const kernelInitializer = initializers.glorotNormal({ seed: weightSeed(seed, `${name}_fc${k}/kernel`) });
    return layers
      .dense({ name: `${name}_fc${k}`, units: width, kernelInitializer })
      .apply(x) as SymbolicTensor;
  };
  let y = dense(task, 1);
  for (let k = 2; k <= depth; k++) {
    const active = layers.activation({ name: `${name}_relu${k - 1}`, activation: 'relu' }).apply(y);
    const step = dense(active as SymbolicTensor, k);
    y = layers.add({ name: `${name}_add${k}` }).apply([y, step]) as SymbolicTensor;
  }
  return y;
}
