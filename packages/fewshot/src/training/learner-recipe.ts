/** What another thread makes the same learner of, all but its weights. */
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { whenReady } from '@neusim/train';
import { loadBackbone } from '../backbones/load-backbone';
import type { FewShotMethod, Learner, LearnerParts } from '../types';

/** Plain data. */
export interface LearnerRecipe extends Pick<LearnerParts, 'classes' | 'way' | 'seed'> {
  /** A method's name in the registry, and its options. */
  readonly method: {
    readonly name: string;
    readonly options?: Readonly<Record<string, unknown>> | undefined;
  };
  /** Topology of the backbone, as it was given to the method: `backbone.toJSON(null, false)`. */
  readonly backbone: object;
}

/**
 * Makes the learner; its weights are their initialisers'.
 * @throws NeusimError what the registry throws for names that it does not know, and `build` for the backbone
 */
export async function buildLearner(registry: AnyRegistry, recipe: LearnerRecipe): Promise<Learner> {
  const { method, backbone, classes, way, seed } = recipe;
  const make = () => registry.make('method', method.name, method.options) as FewShotMethod;
  const made = await whenReady(registry, make);
  const artifacts = { modelTopology: backbone, format: 'layers-model' };
  const model = await loadBackbone(registry, { load: async () => artifacts });
  return made.build({ backbone: model, classes, way, seed });
}

export function otherLearner(met: readonly unknown[], wanted: readonly unknown[]): NeusimError {
  return new NeusimError(
    'FEWSHOT_OTHER_LEARNER',
    "the worker's learner has other weights than the one tested",
    {
      data: { met, wanted },
      hint: 'give the recipe that the learner was built by, and the worker the same plug-ins',
    },
  );
}
