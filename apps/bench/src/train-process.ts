// A process of the suite `workers`: told to prepare, it makes its training ready; told to go, it trains and says how long
// a step took.
import { once } from 'node:events';
import { startBackend } from '@neusim/core';
import { enableProdMode } from '@tensorflow/tfjs-core';
import { registry } from './registry';
import { shortTraining } from './short-training';

const work = JSON.parse(process.argv[2] as string);
enableProdMode();
await startBackend(registry, 'wasm');
for (;;) {
  await once(process, 'message');
  const milliseconds = await shortTraining(work, undefined, async () => {
    process.send?.('ready');
    await once(process, 'message');
  });
  process.send?.(milliseconds);
}
