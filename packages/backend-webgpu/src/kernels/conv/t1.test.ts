import core, { similarityConv2d, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkGradients, convolutionCases } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, test } from 'vitest';
import { compilation } from '../../engine/pipelines';
import webgpu from '../../node';

beforeAll(async () => {
  await startBackend(createRegistry(core, webgpu), 'webgpu');
});

test.each(convolutionCases.slice(+process.env.FROM!, +process.env.TO!))('$name', async (each) => {
  const d = (tf.backend() as any).device;
  const b = compilation(d),
    t = performance.now();
  await checkGradients(similarityConv2d as never, each);
  const a = compilation(d);
  console.log(
    each.name,
    a.pipelines - b.pipelines,
    (a.ms - b.ms).toFixed(0),
    (performance.now() - t).toFixed(0),
  );
});
