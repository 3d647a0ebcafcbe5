// What is there already of a run that `neusim compare` wants: nothing, a part, or all of it.

import { exists, joinPath, listFolder, readText } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { parseReport, type RunReport } from '@neusim/report';
import { parseConfig, type TrainConfig } from '@neusim/train';
import type { PlannedRun } from './plan';

/** One run's report has some MB at most. */
const MOST_BYTES = 2 ** 26;

/** The report of a finished run; else whether there is a checkpoint to go on from. */
export type Standing = { readonly report: RunReport } | { readonly report: null; readonly isBegun: boolean };

/** @throws NeusimError CLI_COMPARE_OTHER where the folder holds another run */
export async function standingOf({ out, config, name }: PlannedRun): Promise<Standing> {
  const file = joinPath(out, 'report.json');
  // results.json is written last: without it the run is trained, but a part of what it leaves may be missing.
  if ((await exists(file)) && (await exists(joinPath(out, 'results.json')))) {
    const [found] = parseReport(await readText(file, MOST_BYTES), file).runs;
    if (found && isSame(found.config, config))
      return { report: { ...found, result: { ...found.result, name } } };
    throw new NeusimError('CLI_COMPARE_OTHER', `${out} holds a run of another config`, {
      data: { out },
      hint: 'give another folder with --out, or remove that one',
    });
  }
  const checkpoints = joinPath(out, 'checkpoints');
  const names = (await exists(checkpoints)) ? await listFolder(checkpoints) : [];
  return { report: null, isBegun: names.some((each) => /^step-\d+\.neusim$/.test(each)) };
}

/** Up to what does not change the curve, or is found when a run begins: the numbers of `normalize: 'dataset'`. */
function isSame(saved: unknown, wanted: TrainConfig): boolean {
  const plain = (config: TrainConfig) => {
    const isFound = wanted.normalize === 'dataset' && typeof config.normalize === 'object';
    return JSON.stringify({
      ...config,
      normalize: isFound ? wanted.normalize : config.normalize,
      workers: null,
      checkpoint: null,
      name: null,
      plugins: null,
    });
  };
  return plain(parseConfig(saved)) === plain(wanted);
}
