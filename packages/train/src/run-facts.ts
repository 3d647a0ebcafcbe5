/** What a run's first event and its result both tell of it. */
import { countParameters, multiplyAdds, type WeightInfo } from '@neusim/core';
import type { StartEvent } from './events';
import type { Objective } from './objective';
import { orthogonalityOf } from './orthogonality';
import type { RunConfig } from './run-config';

export type RunFacts<C> = Pick<
  StartEvent<C>,
  'name' | 'config' | 'backend' | 'parameters' | 'multiplyAdds' | 'penalties' | 'orthogonality'
>;

/** @param trainable the model's trainable weights. */
export function runFacts<C extends RunConfig>(
  { config, name, model, network = model }: Objective<C>,
  backend: string,
  trainable: readonly WeightInfo[],
): RunFacts<C> {
  const own = (lambdaOf: (weight: WeightInfo) => number, common: (weight: WeightInfo) => number) =>
    Object.fromEntries(
      trainable.flatMap((weight) => {
        const lambda = lambdaOf(weight);
        return lambda === common(weight) ? [] : [[weight.name, lambda] as const];
      }),
    );
  const { l2, orthogonality } = config;
  return {
    name,
    config,
    backend,
    parameters: countParameters(model),
    multiplyAdds: multiplyAdds(network),
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
