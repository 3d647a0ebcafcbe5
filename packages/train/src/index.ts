// @neusim/train: the training loop as a stream of events, its configs and presets, exact checkpoints, evaluation.

export { parseConfig, type TrainConfig, type TrainConfigInput } from './config';
export type { TrainContext, TrainFiles } from './context';
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate';
export type {
  AbortedEvent,
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  History,
  ProgressEvent,
  StartEvent,
  StepEvent,
  TrainEvent,
  TrainResult,
  WarningEvent,
} from './events';
export {
  inspectSimilarity,
  type LayerSimilarity,
  predictSimilarity,
  type SimilaritySpread,
  similarityLayers,
  spreadOfM,
} from './inspect-similarity';
export { openDataset } from './prepare';
export { findPreset, type Preset, presets } from './presets';
export { learningRateAt } from './schedule';
export { setConfigValue } from './set-config-value';
export { type TrainingRun, train } from './train';
