/** The suite `webgpu`: the set of the suite `cpu` on a GPU, in Node. */
import * as tf from '@tensorflow/tfjs-core';
import { median } from '../measure';
import type { Suite } from '../suite';
import { type GpuEngines, startGpuEngines } from './engines';
import { measureGpu } from './measure';
import { benchBandwidth } from './suites/bandwidth';
import { benchGpuConvolutions } from './suites/convolutions';
import { benchGpuGemm } from './suites/gemm';
import { benchNetworks } from './suites/networks';
import { benchGpuOverhead } from './suites/overhead';
import { benchReplay } from './suites/replay';
import { benchTorch } from './suites/torch';

export const webgpuSuite: Suite<GpuEngines> = {
  start: startGpuEngines,
  reference: timeReference,
  parts: {
    gemm: benchGpuGemm,
    conv: benchGpuConvolutions,
    bandwidth: benchBandwidth,
    networks: benchNetworks,
    overhead: benchGpuOverhead,
    replay: benchReplay,
    torch: benchTorch,
  },
  describe: ({ facts }) => ({ gpu: facts }),
  recover: (engines) => engines.recover(),
  seeds: [0, 1, 2, 3, 4, 5, 6, 7],
};

/** tfjs's matrix product, of 2048³ on a GPU. */
async function timeReference(engines: GpuEngines): Promise<number> {
  const side = engines.speed.software ? 64 : 2048;
  const { stock } = await measureGpu(
    engines,
    {
      stock: {
        engine: 'stock',
        prepare: () => {
          const a = tf.randomNormal<tf.Rank.R2>([side, side], 0, 1, 'float32', 1);
          return {
            reads: [a],
            run: () => tf.dispose(tf.matMul(a, a)),
            dispose: () => a.dispose(),
          };
        },
      },
    },
    5,
  );
  return median(stock.times);
}
