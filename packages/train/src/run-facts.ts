/** What a run's first event and its result both tell of it. */
import { countParameters, multiplyAdds, type WeightInfo } from '@neusim/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { TrainConfig } from './config';
import type { StartEvent } from './events';

export type RunFacts = Pick<
  StartEvent,
  'name' | 'config' | 'backend' | 'parameters' | 'multiplyAdds' | 'penalties'
>;

/** @param trainable the model's trainable weights. */
export function runFacts(
  config: TrainConfig,
  backend: string,
  model: LayersModel,
  trainable: readonly WeightInfo[],
): RunFacts {
  const own = trainable.flatMap(({ name, role, l2 }) =>
    l2 === undefined || l2 === config.l2[role] ? [] : [[name, l2] as const],
  );
  return {
    name: config.name ?? (typeof config.model === 'string' ? config.model : config.model.name),
    config,
    backend,
    parameters: countParameters(model),
    multiplyAdds: multiplyAdds(model),
    penalties: Object.fromEntries(own),
  };
}
