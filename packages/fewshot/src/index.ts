// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import { baselinePp } from './baseline-pp';
import { discriminativeKShot } from './discriminative-k-shot';
import { dynamicNsn } from './dynamic-nsn';
import euclideanDefinition from './euclidean';
import { finetune } from './finetune';
import { leo } from './leo';
import { maml } from './maml';
import { matchingNet } from './matching-net';
import { metaStaticNsn } from './meta-static-nsn';
import { nearestNeighbour } from './nearest-neighbour';
import { protoNet } from './proto-net';
import { relationNet } from './relation-net';
import { simpleShot } from './simple-shot';
import { staticNsn } from './static-nsn';
import { tadam } from './tadam';

export type { Adaptation } from './adaptation';
export { baseImages } from './base-images';
export {
  compareEpisodes,
  type EpisodeComparison,
  type NamedEvaluation,
  type PairedDifference,
} from './compare-episodes';
export {
  type FewShotConfig,
  type FewShotConfigInput,
  fewShotConfigSchema,
  parseFewShotConfig,
} from './config';
export type { FewShotContext } from './context';
export { CosineHead, type CosineHeadArgs } from './cosine-head';
export { cutHead } from './cut-head';
export type { EpisodeEvaluation, TestedEpisodes } from './episode-evaluation';
export type { PoolReading } from './episode-inputs';
export type { EpisodeWorkers } from './episode-workers';
export { euclidean } from './euclidean';
export {
  type EpisodeProgress,
  type EvaluateEpisodesOptions,
  evaluateEpisodes,
  type TestOptions,
} from './evaluate-episodes';
export { evaluateRuns, type RunsEvaluation } from './evaluate-runs';
export { fewshotTasks } from './fewshot-tasks';
export { freezeNetwork } from './freeze-network';
export { type Embed, type FunctionBackboneOptions, functionBackbone } from './function-backbone';
export { buildLearner, type LearnerRecipe } from './learner-recipe';
export { loadBackbone } from './load-backbone';
export { type BackboneContext, makeBackbone } from './make-backbone';
export { type MadeLearner, makeLearner, type SettledConfig } from './make-learner';
export { type Metric, type MetricOptions, metricOf } from './metric';
export { SimilarityMetric, type SimilarityMetricArgs } from './metric-layer';
export { type MobilenetObject, type MobilenetOptions, mobilenetBackbone } from './mobilenet';
export { type OpenDatasetContext, openFewShotDataset } from './open-dataset';
export { type OpenFewShotRun, type OpenRunContext, openFewShotRun } from './open-few-shot-run';
export { type FewShotPreset, fewShotPresets, findFewShotPreset } from './presets';

export { type FewShotRun, trainFewShot } from './train-few-shot';
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
  finetune,
  nearestNeighbour,
  matchingNet,
  protoNet,
  maml,
  relationNet,
  staticNsn,
  metaStaticNsn,
  dynamicNsn,
  discriminativeKShot,
  tadam,
  leo,
  baselinePp,
  simpleShot,
]);
