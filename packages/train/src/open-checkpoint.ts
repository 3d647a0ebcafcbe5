/** The network of a checkpoint, as it was at that step: to be looked at, or tested, while its run goes on. */
import { describeWeights } from '@neusim/core';
import type { Dataset } from '@neusim/datasets';
import { disposeModel } from '@neusim/models';
import * as platform from '@neusim/platform';
import type { AnyRegistry } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Best, splitBest } from './best';
import { decodeCheckpoint } from './checkpoint/format';
import { restoreState } from './checkpoint/state';
import { parseConfig, type TrainConfig } from './config';
import type { TrainFiles } from './context';
import type { History } from './events';
import { chooseModel } from './prepare';
import { whenReady } from './when-ready';

/** A checkpoint of any kind of run. */
export interface ReadCheckpoint {
  /** As it was saved, not parsed. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly step: number;
  readonly backend: string;
  readonly history: History;
  /**
   * Puts its weights into a model.
   * @param best those that were tested best, where the run keeps them and has tested; else those of the step.
   * @throws NeusimError CHECKPOINT_MISMATCH where the model has others
   */
  restore(model: LayersModel, best?: boolean): void;
}

/** @throws NeusimError CHECKPOINT_BAD_MAGIC, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_VERSION */
export async function readCheckpoint(
  path: string,
  files: Pick<TrainFiles, 'readFile'> = platform,
): Promise<ReadCheckpoint> {
  const { config, step, backend, history, tensors } = await decodeCheckpoint(
    path,
    await files.readFile(path),
  );
  return {
    config,
    step,
    backend,
    history,
    restore(model, best = false) {
      const weights = describeWeights(model);
      const saved = splitBest(tensors);
      // Weights come first; what follows is the optimiser's.
      restoreState(path, saved.run.slice(0, weights.length), weights, { slots: [] });
      if (!best) return;
      const kept = new Best(weights);
      kept.load(saved.best);
      kept.restore(path);
    },
  };
}

/** A checkpoint as it was written, of which no network is made yet. */
export interface OpenCheckpoint {
  readonly config: TrainConfig;
  readonly step: number;
  /**
   * @param dataset the run's: a config leaves the size of images and the number of classes to it.
   * @throws NeusimError CHECKPOINT_MISMATCH where the network that the config names now has other weights; CONFIG_INVALID
   *   and REGISTRY_UNKNOWN_NAME for what it names.
   */
  build(registry: AnyRegistry, dataset: Dataset): Promise<LayersModel>;
}

/** @throws NeusimError CHECKPOINT_BAD_MAGIC, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_VERSION */
export async function openCheckpoint(
  path: string,
  files: Pick<TrainFiles, 'readFile'> = platform,
): Promise<OpenCheckpoint> {
  const saved = await readCheckpoint(path, files);
  const config = parseConfig(saved.config);
  return {
    config,
    step: saved.step,
    async build(registry, dataset) {
      const chosen = await chooseModel(config, registry, dataset);
      const model = await whenReady(registry, () => chosen.build());
      try {
        saved.restore(model);
        return model;
      } catch (error) {
        disposeModel(model);
        throw error;
      }
    },
  };
}
