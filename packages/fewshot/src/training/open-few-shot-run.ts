/** A trained learner, as a run left it. */
import { disposeModel } from '@neusim/models';
import * as platform from '@neusim/platform';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { findCheckpoint, type History, readCheckpoint, type TrainFiles } from '@neusim/train';
import { isFile } from '../backbones/make-backbone';
import { parseFewShotConfig } from './config';
import { buildSettled, type MadeLearner, type SettledConfig } from './make-learner';

/** How a run is opened. */
export interface OpenRunContext {
  /** Knows the run's backbone, method and parts. */
  readonly registry: AnyRegistry;
  /** Default: `@neusim/platform`. */
  readonly files?: TrainFiles | undefined;
  /** Which weights: those that were tested best so far, or those of the checkpoint's step. Default `best`. */
  readonly weights?: 'best' | 'last' | undefined;
}

/** A run's learner, with the weights that it has learned. */
export interface OpenFewShotRun extends MadeLearner {
  /** Of the run: nothing is left out, its data set's part included. */
  readonly config: SettledConfig;
  /** The checkpoint that it was read from. */
  readonly checkpoint: string;
  /** Steps done by then. */
  readonly step: number;
  readonly backend: string;
  readonly history: History;
}

/**
 * The learner of a run, finished or not. Dispose of `learner.model` (`disposeModel` of `@neusim/models`).
 * @param path the run's folder, or one of its checkpoints.
 * @throws NeusimError CHECKPOINT_NONE; CHECKPOINT_BAD_MAGIC, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_VERSION;
 *   FEWSHOT_OTHER_RUN for a checkpoint of a classifier; CHECKPOINT_MISMATCH where the config's names now make other
 *   weights; and what `makeLearner` throws
 */
export async function openFewShotRun(
  path: string,
  { registry, files = platform, weights = 'best' }: OpenRunContext,
): Promise<OpenFewShotRun> {
  const isFolder = (await files.stat(path)).isFolder;
  const checkpoint = isFolder ? await findCheckpoint(files, path, true) : path;
  const saved = await readCheckpoint(checkpoint, files);
  const config = settled(checkpoint, saved.config);
  const made = await buildSettled(isFolder ? await fromHere(config, path, files) : config, registry, files);
  try {
    saved.restore(made.learner.model, weights === 'best');
  } catch (error) {
    disposeModel(made.learner.model);
    throw error;
  }
  const { step, backend, history } = saved;
  return { ...made, config, checkpoint, step, backend, history };
}

function settled(checkpoint: string, json: Readonly<Record<string, unknown>>): SettledConfig {
  if (!('method' in json))
    throw new NeusimError('FEWSHOT_OTHER_RUN', `${checkpoint} is of no few-shot run`, {
      data: { file: checkpoint, keys: Object.keys(json) },
      hint: "A classifier's folder `model` can be the backbone of a method: backbone: { file }.",
    });
  return parseFewShotConfig(json) as SettledConfig;
}

/** A finished run has its backbone: the file that it began with need not be there any more. */
async function fromHere(config: SettledConfig, folder: string, files: TrainFiles): Promise<SettledConfig> {
  if (!isFile(config.backbone)) return config;
  const file = files.joinPath(folder, 'model');
  return (await files.exists(files.joinPath(file, 'model.json')))
    ? { ...config, backbone: { file } }
    : config;
}
