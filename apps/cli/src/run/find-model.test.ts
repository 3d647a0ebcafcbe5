import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/terminal';
import { findModelOrCheckpoint } from './find-model';

test('a checkpoint has the config of its run, and of no other folder that has one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'config.json'), '{"steps":7}');
  for (const name of ['checkpoints', 'kept']) mkdirSync(join(folder, name));
  expect(await findModelOrCheckpoint(join(folder, 'checkpoints', 'step-7.neusim'))).toMatchObject({
    run: folder,
    config: { steps: 7 },
  });
  expect(await findModelOrCheckpoint(join(folder, 'kept', 'step-7.neusim'))).toMatchObject({
    run: null,
    config: null,
  });
});
