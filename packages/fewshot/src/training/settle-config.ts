/** From a config that leaves things open to one that fits its data set and method. */
import {
  type FewShotDataset,
  isFeaturePool,
  isMixing,
  resolveNormalize,
  type Split,
  stepsPerEpoch,
} from '@neusim/datasets';
import { NeusimError } from '@neusim/registry';
import type { Saved } from '@neusim/train';
import type { FewShotMethod } from '../types';
import type { FewShotConfig } from './config';
import type { FewShotContext } from './context';
import { fromDataset, type SettledConfig } from './make-learner';
import { requireForms } from './require-run-episodes';

/** The config with what it leaves to the data set and the method, or to the checkpoint. */
export async function settleConfig(
  config: FewShotConfig,
  { trainedBy }: FewShotMethod,
  dataset: FewShotDataset,
  saved: Saved<FewShotConfig> | undefined,
  { open, signal }: FewShotContext,
): Promise<SettledConfig> {
  const { train, statistics } = dataset;
  const known = fromDataset(config, dataset);
  const find = async () => {
    if (config.normalize !== 'dataset') return config.normalize;
    if (isFeaturePool(train)) return 'none';
    const before = saved?.config.normalize;
    // Another choice in the checkpoint is another run: told by comparing, without a look at the images.
    if (typeof before === 'string') return config.normalize;
    const options = { ...open, signal: open?.signal ?? signal };
    return before ?? (await resolveNormalize('dataset', { train: train as Split, statistics }, options));
  };
  return Object.freeze({
    ...config,
    ...known,
    normalize: await find(),
    steps: trainedBy === 'nothing' ? 0 : config.steps,
  });
}

/** @throws NeusimError before anything is built, for what every step or test would throw. */
export function requireFitting(
  config: FewShotConfig,
  method: FewShotMethod,
  dataset: FewShotDataset,
  { open }: FewShotContext,
): void {
  const { steps, augment, evaluation } = config;
  if (isMixing(augment))
    throw new NeusimError(
      'CONFIG_INVALID',
      'mixup and cutmix mix classes, which few-shot methods tell apart',
      {
        data: {
          path: augment.mixup ? 'augment.mixup' : 'augment.cutmix',
          met: augment.mixup ?? augment.cutmix,
        },
        hint: 'Leave them out of augment.',
      },
    );
  const trains = steps > 0;
  if (trains && method.trainedBy === 'classes') stepsPerEpoch(dataset.train, config);
  requireForms(config, method.trainedBy === 'episodes', dataset, [evaluation.pool], open?.onWarning);
}
