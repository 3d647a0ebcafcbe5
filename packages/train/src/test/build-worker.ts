/** The worker of this package's tests. */
import { writeFileSync } from 'node:fs';
import { bundleWorker } from '../../../../tools/bundle-worker';
import type { GoesWrong } from './worker';

export const buildWorker = () => bundleWorker(new URL('./worker.ts', import.meta.url));

/** The same module, in which something goes wrong. */
export function goingWrong(worker: URL, what: GoesWrong): URL {
  const url = new URL(`${what.how}-${what.rank}-${what.step}.mjs`, worker);
  writeFileSync(url, `globalThis.goesWrong = ${JSON.stringify(what)};\nawait import('./worker.mjs');\n`);
  return url;
}
