/** What each part of a network costs: a layer, and the predictor that serves it. */
import { describeWeights, isOperatorLayer, type SummaryRow, servingLayers, summarize } from '@neusim/core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';

export interface LayerCost extends SummaryRow {
  /**
   * The layer whose predictor it is part of, the first of those that share it, or which an operator's network steers; null
   * for one of the network's own.
   */
  readonly serves: string | null;
  /** Trainable values by what they are for: `filter`, `bias`, `similarity`, `shape`, `predictor`, `norm`. */
  readonly byRole: Readonly<Record<string, number>>;
}

/** The layers that have parameters or do work, in the model's order. */
export function layerCosts(model: LayersModel, similarityLayers: readonly layers.Layer[]): LayerCost[] {
  const roles = new Map<string, Record<string, number>>();
  for (const { layer, role, trainable, variable } of describeWeights(model)) {
    if (!trainable) continue;
    const of = roles.get(layer) ?? {};
    of[role] = (of[role] ?? 0) + variable.shape.reduce<number>((a, b) => a * (b ?? 1), 1);
    roles.set(layer, of);
  }
  const serves = new Map<string, string>();
  for (const layer of [...similarityLayers, ...model.layers.filter(isOperatorLayer)])
    for (const { name } of servingLayers(layer)) if (!serves.has(name)) serves.set(name, layer.name);
  return summarize(model)
    .filter(({ parameters, multiplyAdds }) => parameters > 0 || multiplyAdds !== 0)
    .map((row) => ({ ...row, serves: serves.get(row.name) ?? null, byRole: roles.get(row.name) ?? {} }));
}
