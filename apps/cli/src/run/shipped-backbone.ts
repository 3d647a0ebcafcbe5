// The small network that comes with @neusim/fewshot, for who brings none.

import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { exists, joinPath } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';

/** In the folder of @neusim/fewshot: a run's folder, with its config. */
const SHIPPED = ['assets', 'omniglot-cnn-4'];

const installed = () => dirname(createRequire(import.meta.url).resolve('@neusim/fewshot/package.json'));

/**
 * @param home folder of @neusim/fewshot.
 * @throws NeusimError CLI_NO_BACKBONE where this installation has none
 */
export async function shippedBackbone(home = installed()): Promise<string> {
  const folder = joinPath(home, ...SHIPPED);
  if (await exists(joinPath(folder, 'model', 'model.json'))) return folder;
  throw new NeusimError('CLI_NO_BACKBONE', 'no backbone is named, and none came with this installation', {
    data: { looked: folder },
    hint: 'name a trained network: --backbone FOLDER, that of a run or of a saved model',
  });
}
