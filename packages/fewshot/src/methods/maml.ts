/**
 * MAML (Finn, Abbeel, Levine 2017, "Model-Agnostic Meta-Learning for Fast Adaptation of Deep Networks"): θ is trained so that a few
 * steps of gradient descent on the support, θ' = θ − α·∇L_support(θ) (eq. 1), make a network that is right about the query:
 * training descends on L_query(θ') by θ, through the steps (`order` 2), or as if they were constants (1, FOMAML).
 * With `rates: 'learned'` it is Meta-SGD (Li et al. 2017): α is a vector, trained with θ. With `adapt: []` the head alone adapts, which
 * Raghu et al. 2020 call ANIL. Paper's values: Mini-ImageNet 5 steps of 0.01, 10 in testing; Omniglot with 5 classes
 * one step of 0.4, 3 in testing. Batch norm has the statistics of the batch throughout, which is the default here too.
 * The optional zero head follows Kao et al. 2022: it begins at 0 in every episode.
 */
import { describeWeights, strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import * as v from 'valibot';
import { adaptingLearner, innerLoopEntries } from '../adaptation/inner-loop';
import type { FewShotMethod } from '../types';

const roles = ['filter', 'bias', 'similarity', 'shape', 'predictor', 'norm'] as const;

export const maml = define({
  kind: 'method',
  name: 'maml',
  version: '1.0.0',
  summary:
    'MAML: a start from which a few gradient steps on the support suffice; first order and Meta-SGD too',
  options: strictOptions({
    ...innerLoopEntries({ steps: 5, testSteps: 10 }),
    /** What adapts besides the head: all weights, or those of some roles. */
    adapt: v.optional(v.union([v.literal('all'), v.array(v.picklist(roles))]), 'all'),
  }),
  load:
    () =>
    (options): FewShotMethod => ({
      name: 'maml',
      options: Object.freeze({ ...options }),
      trainedBy: 'episodes',
      build(parts) {
        const { adapt } = options;
        const adapts = ({ role }: { readonly role: (typeof roles)[number] }) =>
          adapt === 'all' || adapt.includes(role);
        const present = describeWeights(parts.backbone).flatMap(({ role, trainable }) =>
          trainable ? [role] : [],
        );
        const absent = adapt === 'all' ? [] : adapt.filter((role) => !present.includes(role));
        if (absent.length > 0)
          throw new NeusimError(
            'FEWSHOT_BACKBONE',
            `no weight of the backbone has the role ${absent.join(', ')}`,
            {
              data: { method: 'maml', adapt, roles: [...new Set(present)] },
              hint: `Its weights have the roles ${[...new Set(present)].join(', ') || 'none'}: adapt these, 'all', or [] for the head alone.`,
            },
          );
        return adaptingLearner('maml', parts, options, { adapts, trains: () => true });
      },
    }),
});
