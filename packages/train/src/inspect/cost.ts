/** What each part of a network costs: a layer, and the predictor that serves it. */
import { describeWeights, isOperatorLayer, type SummaryRow, summarize } from '@neusim/core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

export interface LayerCost extends SummaryRow {
  /** The layer whose predictor it is part of, or which an operator's network steers; null for one of the network's own. */
  readonly serves: string | null;
  /** Trainable values by what they are for: `filter`, `bias`, `similarity`, `shape`, `predictor`, `norm`. */
  readonly byRole: Readonly<Record<string, number>>;
}

/** The layers that have parameters or do work, in the model's order. */
export function layerCosts(
  model: LayersModel,
  similarityLayers: readonly { readonly name: string }[],
): LayerCost[] {
  const roles = new Map<string, Record<string, number>>();
  for (const { layer, role, trainable, variable } of describeWeights(model)) {
    if (!trainable) continue;
    const of = roles.get(layer) ?? {};
    of[role] = (of[role] ?? 0) + variable.shape.reduce<number>((a, b) => a * (b ?? 1), 1);
    roles.set(layer, of);
  }
  const operators = model.layers.filter(isOperatorLayer);
  const servedBy = (name: string) =>
    [...similarityLayers, ...operators].find((layer) => name.startsWith(`${layer.name}_predictor`))?.name ??
    null;
  return summarize(model)
    .filter(({ parameters, multiplyAdds }) => parameters > 0 || multiplyAdds !== 0)
    .map((row) => ({ ...row, serves: servedBy(row.name), byRole: roles.get(row.name) ?? {} }));
}
