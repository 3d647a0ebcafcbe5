// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import { leo } from './leo';
import { maml } from './maml';
import { metaStaticNsn } from './meta-static-nsn';

export type {
  ClassBatch,
  Classifier,
  Examples,
  FewShotMethod,
  FitOptions,
  Learner,
  LearnerParts,
  Task,
  Training,
} from './types';

/** The methods. */
export default /* @__PURE__ */ plugin('@neusim/fewshot', '0.1.0', [leo, maml, metaStaticNsn]);
