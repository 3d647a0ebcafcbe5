// A program without NeuSim: loads a saved model with tfjs alone and prints its logits.
//   node plain-tfjs.mjs FOLDER   images as JSON { shape, values } on standard input
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';

const folder = process.argv[2];
const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
const [{ paths, weights }] = weightsManifest;
const { buffer } = new Uint8Array(readFileSync(join(folder, paths[0])));
const model = await loadLayersModel({
  load: async () => ({ modelTopology, weightSpecs: weights, weightData: buffer }),
});
const { shape, values } = JSON.parse(readFileSync(0, 'utf8'));
const logits = model.predict(tf.tensor(values, shape));
console.log(JSON.stringify([...logits.dataSync()]));
