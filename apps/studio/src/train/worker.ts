// The worker's side of a run: starts the engine, reads the digits, trains, and posts what happens. It serves one run: the
// page ends it afterwards, and all memory with it.
import { port } from '@neusim/platform';
import { learnedParts, openDataset, parseConfig, testImages, train } from '@neusim/train';
import { packedFiles } from '../data/digits';
import { makeRegistry } from '../engine/registry';
import { deviceBytes, startEngine } from '../engine/start';
import { failureOf } from '../parts/failure';
import { configOf } from './config';
import type { FromWorker, RunRequest } from './protocol';

/** Test images over which the spread of M is taken: a software GPU takes a while for each. */
const LOOKED_AT = 16;

const { data, post, onMessage } = await port();
const { engine, digits, ...request } = data as RunRequest;
const tell = (message: FromWorker) => post(message);

const stop = new AbortController();
// The only message there is asks it to stop.
onMessage(() => stop.abort());

try {
  const registry = makeRegistry();
  const config = parseConfig(configOf(request));
  tell({ type: 'phase', phase: 'engine' });
  tell({ type: 'engine', engine: await startEngine(registry, engine) });
  tell({ type: 'phase', phase: 'data' });
  const dataset = await openDataset(config, { registry, folder: digits, files: packedFiles });
  tell({ type: 'phase', phase: 'network' });
  const run = train(config, { registry, dataset, signal: stop.signal });
  for await (const event of run) {
    if (event.type === 'end') {
      const images = await testImages(dataset, config, LOOKED_AT);
      tell({ type: 'learned', parts: await learnedParts(run.takeModel(), dataset, images) });
      images.dispose();
    }
    tell({ type: 'train', event, at: performance.now(), bytes: deviceBytes() });
  }
} catch (error) {
  tell({ type: 'failed', failure: failureOf(error) });
}
