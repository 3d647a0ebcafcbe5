import core, { similarityConv2d, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import { checkGradients, convolutionCases } from '@neusim/testing';
import { beforeAll, test } from 'vitest';
import webgpu from '../../node';

beforeAll(async () => {
  await startBackend(createRegistry(core, webgpu), 'webgpu');
});

test.each(convolutionCases)('$name', async (each) => {
  await checkGradients(similarityConv2d as never, each);
});
