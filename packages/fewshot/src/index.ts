// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import { baselinePp } from './baseline-pp';
import { discriminativeKShot } from './discriminative-k-shot';
import { dynamicNsn } from './dynamic-nsn';
import euclideanDefinition from './euclidean';
import { finetune } from './finetune';
import { leo } from './leo';
import { maml } from './maml';
import { metaStaticNsn } from './meta-static-nsn';
import { nearestNeighbour } from './nearest-neighbour';
import { protoNet } from './proto-net';
import { simpleShot } from './simple-shot';
import { staticNsn } from './static-nsn';

export { euclidean } from './euclidean';

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

/** The methods, and the similarity that they bring. */
export default /* @__PURE__ */ plugin('@neusim/fewshot', '0.1.0', [
  euclideanDefinition,
  nearestNeighbour,
  protoNet,
  simpleShot,
  maml,
  finetune,
  baselinePp,
  staticNsn,
  metaStaticNsn,
  dynamicNsn,
  discriminativeKShot,
  leo,
]);
