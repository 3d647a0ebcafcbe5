/**
 * What the weights of a model are for. Penalties by role, learning-rate scales, "adapt M only", checkpoints and
 * parameter counts all read this one list.
 */
import type { LayersModel, LayerVariable, layers } from '@tensorflow/tfjs-layers';
import { isOperatorLayer } from './layers/is-operator-layer';
import type { NeuralSimilarityConv2D } from './layers/neural-similarity-conv2d';
import type { WeightDescription } from './layers/weight-description';
import type { Role } from './parts';

export interface WeightInfo {
  /** Layer name and weight name, unique in the model: `block1/kernel`. */
  readonly name: string;
  readonly layer: string;
  readonly role: Role;
  readonly variable: LayerVariable;
  readonly trainable: boolean;
  /** The weight's own λ of λ/2‖w‖², where it has one. */
  readonly l2: number | undefined;
  /** The weight's own λ of λ/2‖WᵀW − I‖², where it has one. */
  readonly orthogonality: number | undefined;
  readonly learningRateScale: number;
}

/** A layer that tells what its weights are for. */
export interface DescribesWeights {
  describeWeight(weight: LayerVariable): WeightDescription | undefined;
}

const stockRoles: readonly (readonly [RegExp, Role])[] = [
  [/(^|\/)bias$/, 'bias'],
  [/(^|\/)(gamma|beta|moving_mean|moving_variance)$/, 'norm'],
];

/** Every weight of the model, each once, in the order of its layers; nested models included. */
export function describeWeights(model: LayersModel): WeightInfo[] {
  const all = leafLayers(model);
  const isServed = (layer: layers.Layer) =>
    isOperatorLayer(layer) || (layer as Partial<Pick<NeuralSimilarityConv2D, 'predictor'>>).predictor;
  const predictors = all.flatMap((layer) => (isServed(layer) ? `${layer.name}_predictor` : []));
  return all.flatMap((layer) => {
    const own = predictors.some((prefix) => layer.name.startsWith(prefix)) ? 'predictor' : 'filter';
    return layer.weights.map((variable) => {
      const short = variable.originalName.split('/').pop() as string;
      const told = (layer as unknown as Partial<DescribesWeights>).describeWeight?.(variable);
      const role = told?.role ?? stockRoles.find(([pattern]) => pattern.test(short))?.[1] ?? own;
      return {
        name: `${layer.name}/${short}`,
        layer: layer.name,
        role,
        variable,
        trainable: layer.trainableWeights.includes(variable),
        l2: told?.l2,
        orthogonality: told?.orthogonality,
        learningRateScale: told?.learningRateScale ?? 1,
      };
    });
  });
}

/** The layers that hold weights, each once, those of nested models in place of the model. */
export function leafLayers(model: LayersModel): layers.Layer[] {
  const all = model.layers.flatMap((layer) =>
    'layers' in layer ? leafLayers(layer as unknown as LayersModel) : [layer],
  );
  return [...new Set(all)];
}

/** Number of trainable values in the model. */
export function countParameters(model: LayersModel): number {
  return describeWeights(model)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { variable }) => sum + variable.shape.reduce<number>((a, b) => a * (b as number), 1), 0);
}
