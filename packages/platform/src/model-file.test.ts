import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { modelFileIn } from './model-file';
import { modelFile } from './node';
import { files } from './node-files';
import type { ModelArtifacts, WeightSpec } from './types';

let folder: string;
beforeAll(() => tf.setBackend('cpu').then(() => {}));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'neusim-model-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function smallModel() {
  const model = tfl.sequential();
  model.add(
    tfl.layers.conv2d({
      filters: 2,
      kernelSize: 3,
      inputShape: [5, 4, 3],
      kernelInitializer: 'glorotNormal',
    }),
  );
  model.add(tfl.layers.flatten());
  model.add(tfl.layers.dense({ units: 3 }));
  return model;
}

const input = () => tf.reshape(tf.linspace(-1, 1, 2 * 5 * 4 * 3), [2, 5, 4, 3]);
const outputOf = (model: tfl.LayersModel) => (model.predict(input()) as tf.Tensor).dataSync();
const weightFile = async () => join(folder, (await readdir(folder)).find((name) => name.endsWith('.bin'))!);

function artifacts(weights: Float32Array, step = 0): ModelArtifacts {
  return {
    modelTopology: { class_name: 'Test' },
    format: 'layers-model',
    generatedBy: 'test',
    weightSpecs: [{ name: 'w', shape: [weights.length], dtype: 'float32' }],
    weightData: weights.slice().buffer,
    userDefinedMetadata: { step },
  };
}

describe('model files', () => {
  test('a tfjs model saves and loads back, by folder or by model.json', async () => {
    const model = smallModel();
    const handler: tf.io.IOHandler = modelFile(join(folder, 'deep', 'net'));
    await model.save(handler);
    const loaded = await tfl.loadLayersModel(modelFile(join(folder, 'deep', 'net', 'model.json')));
    expect(outputOf(loaded)).toEqual(outputOf(model));
    expect(await readdir(join(folder, 'deep', 'net'))).toEqual([
      'model.json',
      expect.stringMatching(/^weights\.[0-9a-f]{12}\.bin$/),
    ]);
  });

  test('plain tf.loadLayersModel reads it over http', async () => {
    const model = smallModel();
    await model.save(modelFile(folder));
    const server = createServer((request, response) => {
      readFile(join(folder, request.url!)).then(
        (bytes) => response.end(bytes),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const loaded = await tfl.loadLayersModel(`http://127.0.0.1:${port}/model.json`);
      expect(outputOf(loaded)).toEqual(outputOf(model));
    } finally {
      server.close();
    }
  });

  test('weights of any shape, in any number of buffers, come back to the bit', async () => {
    const shapes = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shapes, fc.constantFrom('float32', 'int32', 'bool'), async (all, dtype) => {
        const weightSpecs: WeightSpec[] = all.map((shape, i) => ({ name: `w${i}`, shape, dtype }));
        const weightData = all.map((shape, i) => {
          const count = shape.reduce((a, b) => a * b, 1) * (dtype === 'bool' ? 1 : 4);
          return Uint8Array.from({ length: count }, (_, k) => (k + i) % 2).buffer;
        });
        await modelFile(folder).save({ modelTopology: {}, weightSpecs, weightData });
        const back = await modelFile(folder).load();
        expect(back.weightSpecs).toEqual(weightSpecs);
        const flat = weightData.flatMap((buffer) => [...new Uint8Array(buffer)]);
        expect([...new Uint8Array(back.weightData as ArrayBuffer)]).toEqual(flat);
      }),
      { numRuns: 25 },
    );
  });

  test('saving again replaces the model and leaves no old weights', async () => {
    await modelFile(folder).save(artifacts(Float32Array.of(1, 2), 1));
    await modelFile(folder).save(artifacts(Float32Array.of(3, 4, 5), 2));
    expect(await readdir(folder)).toHaveLength(2);
    const back = await modelFile(folder).load();
    expect(back.userDefinedMetadata).toEqual({ step: 2 });
    expect([...new Float32Array(back.weightData as ArrayBuffer)]).toEqual([3, 4, 5]);
  });

  test('a save that dies before any of its writes leaves the model of before', async () => {
    await modelFile(folder).save(artifacts(Float32Array.of(1, 2), 1));
    for (const allowed of [0, 1]) {
      let writes = 0;
      const dying = modelFileIn(
        {
          ...files,
          writeAtomic: (path, data) =>
            writes++ < allowed ? files.writeAtomic(path, data) : Promise.reject(new Error('killed')),
        },
        folder,
      );
      await expect(dying.save(artifacts(Float32Array.of(9, 9), 2))).rejects.toThrow('killed');
      const back = await modelFile(folder).load();
      expect(back.userDefinedMetadata).toEqual({ step: 1 });
      expect([...new Float32Array(back.weightData as ArrayBuffer)]).toEqual([1, 2]);
    }
    await modelFile(folder).save(artifacts(Float32Array.of(7), 3));
    expect(await readdir(folder)).toHaveLength(2);
  });
});

describe('damaged model files are refused', () => {
  beforeEach(() => modelFile(folder).save(artifacts(Float32Array.of(1, 2, 3))));
  const load = () => modelFile(folder).load();

  test('weights cut short: named, with both sizes', async () => {
    const file = await weightFile();
    await truncate(file, 11);
    await expect(load()).rejects.toMatchObject({
      code: 'PLATFORM_MODEL_TRUNCATED',
      data: { file, bytes: 11, wanted: 12 },
    });
  });

  test('weights with bytes added, altered, or gone', async () => {
    const file = await weightFile();
    const bytes = await readFile(file);
    await appendFile(file, 'x');
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL', data: { file, wanted: 12 } });
    bytes[5]! ^= 1;
    await writeFile(file, bytes);
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL', data: { file } });
    await rm(file);
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_FILE_MISSING', data: { path: file } });
  });

  test('model.json cut short at any length', async () => {
    const file = join(folder, 'model.json');
    const text = await readFile(file, 'utf8');
    for (let length = 0; length < text.length; length += 13) {
      await writeFile(file, text.slice(0, length));
      await expect(load(), `first ${length}`).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL' });
    }
  });

  test.each(['../secret.bin', '/etc/passwd', 'a/../../b', 'C:\\x', 'http://x/y', '', 'a//b'])(
    'a weight path that leaves the folder: %j',
    async (path) => {
      const weightsManifest = [{ paths: [path], weights: [] }];
      await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: {}, weightsManifest }));
      await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_UNSAFE_PATH', data: { path } });
    },
  );

  test.each([
    { name: 'w', shape: [-1, 4], dtype: 'float32' },
    { name: 'w', shape: [1.5], dtype: 'float32' },
    { name: 'w', shape: ['9'], dtype: 'float32' },
    { name: 'w', shape: [1e9, 1e9], dtype: 'float32' },
    { name: 'w', shape: [2], dtype: 'toString' },
    { name: 'w', shape: [2], dtype: 'string' },
    { shape: [2], dtype: 'float32' },
    null,
  ])('a weight that makes no sense: %j', async (weight) => {
    const weightsManifest = [{ paths: [], weights: [weight] }];
    await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: {}, weightsManifest }));
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL' });
  });

  test('a manifest that promises terabytes takes no memory for them', async () => {
    const weightsManifest = [{ paths: [], weights: [{ name: 'w', shape: [1e12], dtype: 'float32' }] }];
    await writeFile(join(folder, 'model.json'), JSON.stringify({ modelTopology: {}, weightsManifest }));
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_MODEL_TRUNCATED' });
  });

  test('of a weight file larger than the manifest says nothing is read', async () => {
    const file = await weightFile();
    await truncate(file, 2 ** 40);
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL', data: { file, wanted: 12 } });
  });

  test('a model.json of gigabytes is not read', async () => {
    await truncate(join(folder, 'model.json'), 2 ** 32);
    await expect(load()).rejects.toMatchObject({ code: 'PLATFORM_TOO_LARGE' });
  });

  test('saving specs and weights that do not agree', async () => {
    const bad = { ...artifacts(Float32Array.of(1)), weightData: new ArrayBuffer(3) };
    await expect(modelFile(folder).save(bad)).rejects.toMatchObject({ code: 'PLATFORM_BAD_MODEL' });
  });
});
