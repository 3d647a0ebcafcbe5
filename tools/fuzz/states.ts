// What training saves: models and checkpoints.

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelFile, type WeightSpec } from '@neusim/platform';
import { decodeCheckpoint, encodeCheckpoint } from '../../packages/train/src/checkpoint/format';
import { demand, type Format } from './format';

const weightSpecs: WeightSpec[] = [
  { name: 'a/kernel', shape: [2, 3], dtype: 'float32' },
  { name: 'a/bias', shape: [3], dtype: 'float32' },
];
const weightData = Float32Array.from({ length: 9 }, (_, i) => i / 7).buffer;
const modelTopology = { class_name: 'Sequential', config: { name: 'fuzz', layers: [] } };
const WEIGHTS = 'weights.bin';

async function jsonOf(): Promise<string> {
  return JSON.stringify({
    modelTopology,
    format: 'layers-model',
    weightsManifest: [{ paths: [WEIGHTS], weights: weightSpecs }],
  });
}

async function load(folder: string): Promise<void> {
  const { weightSpecs: specs = [], weightData: data } = await modelFile(folder).load();
  const values = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  demand(data instanceof ArrayBuffer && data.byteLength >= values, `${values} values in the weights`);
}

export const modelJson: Format = {
  seeds: async () => [{ bytes: new TextEncoder().encode(await jsonOf()) }],
  async read(bytes, folder) {
    await writeFile(join(folder, 'model.json'), bytes);
    await writeFile(join(folder, WEIGHTS), new Uint8Array(weightData));
    await load(folder);
  },
};

export const weights: Format = {
  seeds: async () => [{ bytes: new Uint8Array(weightData) }],
  async read(bytes, folder) {
    await modelFile(folder).save({ modelTopology, weightSpecs, weightData });
    const { weightsManifest } = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
    await writeFile(join(folder, weightsManifest[0].paths[0]), bytes);
    await load(folder);
  },
};

export const checkpoint: Format = {
  async seeds() {
    const bytes = await encodeCheckpoint({
      config: { seed: 3 },
      backend: 'cpu',
      step: 35,
      pending: [0.5],
      imagesPerSecond: 812.5,
      history: { steps: [{ step: 10, loss: 0.7, learningRate: 0.1 }], evaluations: [] },
      tensors: [
        { name: 'k', shape: [2, 3], dtype: 'float32', values: Float32Array.from([1, 2, 3, 4, 5, 6]) },
      ],
    });
    // What was altered on purpose has a digest that fits.
    const wrap = (altered: Uint8Array) => {
      const body = altered.subarray(0, Math.max(0, altered.length - 32));
      return new Uint8Array(Buffer.concat([body, createHash('sha256').update(body).digest()]));
    };
    return [{ bytes }, { bytes, wrap }];
  },
  async read(bytes) {
    const { tensors, step } = await decodeCheckpoint('a.neusim', bytes);
    demand(Number.isInteger(step), `step ${step}`);
    for (const { shape, values } of tensors)
      demand(values.length === shape.reduce((a, b) => a * b, 1), `${values.length} values of [${shape}]`);
  },
};
