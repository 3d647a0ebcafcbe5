// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import { baselinePpDefinition } from './baseline-pp';
import { discriminativeKShotDefinition } from './discriminative-k-shot';
import { dynamicNsnDefinition } from './dynamic-nsn';
import { finetuneDefinition } from './finetune';
import { staticNsnDefinition } from './static-nsn';

export type { Adaptation } from './adaptation';
export { type BaselinePpOptions, baselinePp } from './baseline-pp';
export { CosineHead, type CosineHeadArgs } from './cosine-head';
export { type DiscriminativeKShotOptions, discriminativeKShot } from './discriminative-k-shot';
export { type DynamicNsnOptions, dynamicNsn } from './dynamic-nsn';
export { type FinetuneOptions, finetune } from './finetune';
export { type StaticNsnOptions, staticNsn } from './static-nsn';

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
export default /* @__PURE__ */ plugin('@neusim/fewshot', '0.1.0', [
  finetuneDefinition,
  baselinePpDefinition,
  staticNsnDefinition,
  dynamicNsnDefinition,
  discriminativeKShotDefinition,
]);
