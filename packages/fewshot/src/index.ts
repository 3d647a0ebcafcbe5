// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import euclideanDefinition from './euclidean';
import { matchingNetDefinition } from './matching-net';
import { nearestNeighbourDefinition } from './nearest-neighbour';
import { protoNetDefinition } from './proto-net';
import { relationNetDefinition } from './relation-net';
import { simpleShotDefinition } from './simple-shot';

export { euclidean } from './euclidean';

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
export { type MatchingNetOptions, matchingNet } from './matching-net';
export { type NearestNeighbourOptions, nearestNeighbour } from './nearest-neighbour';
export { type ProtoNetOptions, protoNet } from './proto-net';
export { type RelationNetOptions, relationNet } from './relation-net';
export { type SimpleShotOptions, simpleShot } from './simple-shot';
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

/** The methods, and the similarity that they bring. */
export default /* @__PURE__ */ plugin('@neusim/fewshot', '0.1.0', [
  euclideanDefinition,
  matchingNetDefinition,
  nearestNeighbourDefinition,
  relationNetDefinition,
  protoNetDefinition,
  simpleShotDefinition,
  finetuneDefinition,
  baselinePpDefinition,
  staticNsnDefinition,
  dynamicNsnDefinition,
  discriminativeKShotDefinition,
]);
