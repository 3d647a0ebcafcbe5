import { join } from 'node:path';
import core, { startBackend } from '@neusim/core';
import { makeFolder, modelFile } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test, vi } from 'vitest';
import { writePhotos } from '../test/photos';
import { neusim, temporaryFolder } from '../test/terminal';

test('a MobileNet of the user, on grey pictures of another size: --set backbone.as=mobilenet', async () => {
  const home = temporaryFolder();
  vi.stubEnv('NEUSIM_CACHE', join(home, 'cache'));
  const [photos, folder] = [join(home, 'photos'), join(home, 'mobilenet')];
  writePhotos(photos, [5, 5, 5]);
  await startBackend(createRegistry(core), 'cpu');
  const x = tfl.input({ shape: [16, 16, 3] });
  const kernelInitializer = tfl.initializers.heNormal({ seed: 1 });
  const map = tfl.layers.conv2d({ filters: 4, kernelSize: 3, strides: 4, kernelInitializer }).apply(x);
  const active = tfl.layers.reLU({ name: 'conv_pw_13_relu', maxValue: 6 }).apply(map) as tfl.SymbolicTensor;
  const pooled = tfl.layers.globalAveragePooling2d({ dataFormat: 'channelsLast' }).apply(active);
  const y = tfl.layers.dense({ units: 7, activation: 'softmax' }).apply(pooled) as tfl.SymbolicTensor;
  await makeFolder(folder);
  await tfl.model({ inputs: x, outputs: y }).save(modelFile(folder) as never);

  const form = ['--way', '3', '--query', '2', '--episodes', '5', '--backend', 'cpu', '--json'];
  const words = ['fewshot', 'eval', '--data', photos, '--method', 'proto-net', '--backbone', folder];
  const { code, out } = await neusim([
    ...[...words, ...form],
    ...['--set', 'backbone.as=mobilenet', '--out', join(home, 'out')],
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ part: 'all', way: 3 });
});
