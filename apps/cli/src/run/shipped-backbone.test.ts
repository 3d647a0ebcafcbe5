import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import core, { startBackend } from '@neusim/core';
import { loadBackbone, parseFewShotConfig } from '@neusim/fewshot';
import models, { disposeModel } from '@neusim/models';
import { modelFile } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { expect, test } from 'vitest';
import { configOf, findModel } from './find-model';
import { shippedBackbone } from './shipped-backbone';

test('the shipped network is a run: config, log and a backbone of 64 features, in under 3 MB', async () => {
  const folder = await shippedBackbone();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  expect(bytes).toBeLessThan(3e6);
  expect(files.map(({ name }) => name)).toContain('events.jsonl');
  const config = parseFewShotConfig(await configOf(folder));
  expect(config).toMatchObject({ dataset: 'omniglot', backbone: 'cnn-4', normalize: 'unit' });
  const registry = createRegistry(core, models);
  await startBackend(registry, 'cpu');
  const backbone = await loadBackbone(registry, modelFile((await findModel(folder)).model));
  expect(backbone.inputs[0]!.shape).toEqual([null, 28, 28, 1]);
  expect(backbone.outputs[0]!.shape).toEqual([null, 64]);
  disposeModel(backbone);
});

test('an installation without it says what to name', async () => {
  await expect(shippedBackbone(join(tmpdir(), 'no-such-installation'))).rejects.toMatchObject({
    code: 'CLI_NO_BACKBONE',
    hint: expect.stringContaining('--backbone FOLDER'),
  });
});
