/** Training a few-shot learner. */
import { startRun, type TrainingRun } from '@neusim/train';
import type { Learner } from '../types';
import type { FewShotConfig, FewShotConfigInput } from './config';
import type { FewShotContext } from './context';
import { fewShotLearning } from './few-shot-objective';

/** The events of a run. Whoever stops reading them stops the run. */
export interface FewShotRun extends TrainingRun<FewShotConfig> {
  /**
   * The learner as it is now; from the `start` event to the last, when it has the best weights. Whoever takes it disposes
   * of its model (`disposeModel` of `@neusim/models`).
   * @throws NeusimError TRAIN_NO_MODEL before the first event and after the last.
   */
  takeLearner(): Learner;
}

/**
 * Trains the config's method on the training classes of its data set, tests it on episodes of the validation classes, and
 * ends with the weights that were tested best: the events are those of `train` of `@neusim/train`, `testError` of an
 * evaluation 100 minus the accuracy, with its `interval`. A run of the same config on the same engine has the same curve,
 * however often it was stopped. A method that nothing trains is tested, and has ended.
 *
 * Reading the events throws NeusimError CONFIG_INVALID with `data.path` of the bad key, FEWSHOT_BACKBONE where backbone,
 * method and data set do not fit each other, FEWSHOT_NO_WEIGHTS, FEWSHOT_BASE_CLASSES, EPISODE_TOO_FEW_CLASSES and EPISODE_TOO_FEW_IMAGES for episodes
 * that the classes are not enough for, DATASET_BAD_BATCH, TRAIN_NO_BACKEND, TRAIN_NON_FINITE, TRAIN_OUT_TAKEN, CHECKPOINT_*, GPU_*, and what the
 * registry, the data set and the platform's files throw.
 */
export function trainFewShot(config: FewShotConfigInput, context: FewShotContext): FewShotRun {
  let learner: Learner | undefined;
  const run = startRun(() => fewShotLearning(config, context, (made) => (learner = made)), context);
  return {
    ...run,
    takeLearner() {
      run.takeModel();
      return learner as Learner;
    },
  };
}
