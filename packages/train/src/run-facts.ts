/** What a run's first event and its result both tell of it. */
import { countParameters, multiplyAdds, type WeightInfo } from '@neusim/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';
import type { StartEvent } from './events';
import { orthogonalityOf } from './orthogonality';

export type RunFacts = Pick<
  StartEvent,
  'name' | 'config' | 'backend' | 'parameters' | 'multiplyAdds' | 'penalties' | 'orthogonality'
>;

/** @param trainable the model's trainable weights. */
export function runFacts(
  config: TrainConfig,
  backend: string,
  model: LayersModel,
  trainable: readonly WeightInfo[],
): RunFacts {
  const own = (lambdaOf: (weight: WeightInfo) => number, common: (weight: WeightInfo) => number) =>
    Object.fromEntries(
      trainable.flatMap((weight) => {
        const lambda = lambdaOf(weight);
        return lambda === common(weight) ? [] : [[weight.name, lambda] as const];
      }),
    );
  const { l2, orthogonality } = config;
  return {
    name: config.name ?? (typeof config.model === 'string' ? config.model : config.model.name),
    config,
    backend,
    parameters: countParameters(model),
    multiplyAdds: multiplyAdds(model),
    penalties: own(
      (weight) => weight.l2 ?? l2[weight.role],
      ({ role }) => l2[role],
    ),
    orthogonality: own(
      (weight) => orthogonalityOf(weight, orthogonality),
      (weight) => orthogonalityOf({ ...weight, orthogonality: undefined }, orthogonality),
    ),
  };
}
