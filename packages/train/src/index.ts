// @neusim/train: the training loop as a stream of events, its configs and presets, exact checkpoints, evaluation,
// and a pool of workers.

export { breathe } from './breathe';
export { findCheckpoint } from './checkpoint/folder';
export { configSchema, parseConfig, type TrainConfig, type TrainConfigInput } from './config';
export {
  identityEntries,
  imageEntries,
  optimizerSchema,
  recordEntries,
  updateEntries,
} from './config-entries';
export type { RunContext, TrainContext, TrainFiles } from './context';
export { type EvaluateOptions, evaluate } from './evaluate';
export type {
  AbortedEvent,
  CheckpointEvent,
  CompilationEvent,
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
export type { LayerCost } from './inspect/cost';
export {
  type InspectOptions,
  inspectModel,
  type LayerInspection,
  type ModelInspection,
} from './inspect/inspect-model';
export type { LayerOperator } from './inspect/operator';
export type { ResponseCurve, ResponseCurves } from './inspect/response';
export type { SampledValues, Sampling } from './inspect/sampling';
export type { LayerSpectra } from './inspect/spectra';
export { type Spectrum, spectrumOf } from './inspect/spectrum';
export {
  inspectSimilarity,
  type LayerSimilarity,
  predictSimilarity,
  type SimilaritySpread,
  similarityLayers,
  spreadOfM,
} from './inspect-similarity';
export { type LearnedParts, learnedParts, testImages } from './learned-parts';
export { loadAhead } from './loader';
export type { Objective, Opener, Saved, Tested } from './objective';
export {
  type OpenCheckpoint,
  openCheckpoint,
  type ReadCheckpoint,
  readCheckpoint,
} from './open-checkpoint';
export type { Optimizer } from './optimizer';
export type { TrainWorkers } from './parallel/choose-workers';
export { type ReplicaOptions, trainTasks } from './parallel/replica';
export { Moved } from './pool/messages';
export { createPool, type Pool, type PoolOptions } from './pool/pool';
export { type PoolWorker, poolData, serveTasks, type Task, type Tasks } from './pool/serve';
export { openDataset } from './prepare';
export { findPreset, type Preset, presets } from './presets';
export { startRun, type TrainingRun } from './run';
export type { RunConfig } from './run-config';
export { learningRateAt } from './schedule';
export type { Evaluation, Predictions } from './score';
export { readSeenClasses, type SeenClasses, seenClasses } from './seen-classes';
export { setConfigValue } from './set-config-value';
export type { EventSink } from './sinks';
export { capturedSteps, eagerSteps, type Recordable, type Steps, type Taken } from './steps';
export { train } from './train';
export type { StepResult } from './training-step';
export { whenReady } from './when-ready';
