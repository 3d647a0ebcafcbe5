/** The module that the tests' workers run. */
import wasm from '@neusim/backend-wasm';
import { port } from '@neusim/platform';
import { createRegistry } from '@neusim/registry';
import { serveTasks } from '@neusim/train';
import { enableProdMode, memory } from '@tensorflow/tfjs-core';
import fewshot, { fewshotTasks } from '../index';
import centroids from './centroids';
import { parts } from './tiny';

const own = await port();
enableProdMode();
serveTasks(own, {
  ...fewshotTasks(createRegistry(...parts, wasm, fewshot, centroids)),
  memory: () => memory().numTensors,
});
