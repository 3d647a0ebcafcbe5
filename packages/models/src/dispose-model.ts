/** Freeing a model's weights. */
import { describeWeights } from '@neusim/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/**
 * Disposes of a model and all its weights. tfjs's own `model.dispose()` keeps those of a layer that is used more
 * than once, as a shared predictor's are. Models that share layers are disposed of once.
 */
export function disposeModel(model: LayersModel): void {
  const values = describeWeights(model).map(({ variable }) => variable.read());
  model.dispose();
  for (const value of values) if (!value.isDisposed) value.dispose();
}
