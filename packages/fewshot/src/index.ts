// @neusim/fewshot: few-shot methods, one file each; training, testing and comparing them on episodes.
import { plugin } from '@neusim/registry';
import { baselinePp } from './methods/baseline-pp';
import { discriminativeKShot } from './methods/discriminative-k-shot';
import { dynamicNsn } from './methods/dynamic-nsn';
import { finetune } from './methods/finetune';
import { leo } from './methods/leo';
import { maml } from './methods/maml';
import { matchingNet } from './methods/matching-net';
import { metaStaticNsn } from './methods/meta-static-nsn';
import { nearestNeighbour } from './methods/nearest-neighbour';
import { protoNet } from './methods/proto-net';
import { relationNet } from './methods/relation-net';
import { simpleShot } from './methods/simple-shot';
import { staticNsn } from './methods/static-nsn';
import { tadam } from './methods/tadam';
import euclideanDefinition from './metric/euclidean';

export type { Adaptation } from './adaptation/adaptation';
export { cutHead } from './backbones/cut-head';
export { freezeNetwork } from './backbones/freeze-network';
export { type Embed, type FunctionBackboneOptions, functionBackbone } from './backbones/function-backbone';
export { loadBackbone } from './backbones/load-backbone';
export { type BackboneContext, makeBackbone } from './backbones/make-backbone';
export { type MobilenetObject, type MobilenetOptions, mobilenetBackbone } from './backbones/mobilenet';
export {
  compareEpisodes,
  type EpisodeComparison,
  type NamedEvaluation,
  type PairedDifference,
} from './evaluation/compare-episodes';
export type { ConfusedQueries, EpisodeEvaluation, TestedEpisodes } from './evaluation/episode-evaluation';
export type { PoolReading } from './evaluation/episode-inputs';
export type { EpisodeWorkers } from './evaluation/episode-workers';
export {
  type EpisodeProgress,
  type EvaluateEpisodesOptions,
  evaluateEpisodes,
  type TestOptions,
} from './evaluation/evaluate-episodes';
export { evaluateRuns, type RunsEvaluation } from './evaluation/evaluate-runs';
export { fewshotTasks } from './evaluation/fewshot-tasks';
export { CosineHead, type CosineHeadArgs } from './heads/cosine-head';
export { euclidean } from './metric/euclidean';
export { type Metric, type MetricOptions, metricOf } from './metric/metric';
export { SimilarityMetric, type SimilarityMetricArgs } from './metric/metric-layer';
export { baseBatches, baseImages } from './training/base-images';
export {
  type FewShotConfig,
  type FewShotConfigInput,
  fewShotConfigSchema,
  parseFewShotConfig,
} from './training/config';
export type { FewShotContext } from './training/context';
export { buildLearner, type LearnerRecipe } from './training/learner-recipe';
export { type MadeLearner, makeLearner, type SettledConfig } from './training/make-learner';
export { type OpenDatasetContext, openFewShotDataset } from './training/open-dataset';
export { type OpenFewShotRun, type OpenRunContext, openFewShotRun } from './training/open-few-shot-run';
export { type FewShotPreset, fewShotPresets, findFewShotPreset } from './training/presets';
export { type RunEpisodesOptions, requireRunEpisodes } from './training/require-run-episodes';
export { type FewShotRun, trainFewShot } from './training/train-few-shot';
export type {
  BaseOptions,
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
