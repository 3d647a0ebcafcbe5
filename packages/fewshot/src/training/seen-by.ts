/** What the network of a few-shot run has seen once it is trained. */
import type { FewShotDataset } from '@neusim/datasets';
import { splitPart } from '@neusim/models';
import * as platform from '@neusim/platform';
import { readSeenClasses, type SeenClasses, seenClasses, type TrainFiles } from '@neusim/train';
import { isFile } from '../backbones/make-backbone';
import type { FewShotContext } from './context';
import type { SettledConfig } from './make-learner';

/** The classes of the run's data set, and those that its backbone was trained on before, where its folder tells. */
export async function seenBy(
  { dataset: spec, backbone, evaluation }: SettledConfig,
  dataset: FewShotDataset,
  { folder, files = platform }: FewShotContext,
): Promise<readonly SeenClasses[]> {
  const own = seenClasses(
    splitPart(spec).name,
    folder,
    dataset.train.classes,
    dataset[evaluation.pool].classes,
  );
  return [own, ...(isFile(backbone) ? await seenBefore(files, backbone.file) : [])];
}

/** @param file a model's folder, or its model.json. */
async function seenBefore(files: TrainFiles, file: string): Promise<readonly SeenClasses[]> {
  if (/^\w{2,}:/.test(file)) return [];
  const folder = file.replace(/[\\/]+(?:model\.json)?$/, '');
  const inRun = /^(?:(.*)[\\/])?(?:model|folded)$/.exec(folder);
  return (await readSeenClasses(files, inRun ? (inRun[1] ?? '.') : folder)) ?? [];
}
