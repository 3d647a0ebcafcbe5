/** The worker of `neusim train`. */
import { bundleWorker } from '../../../../tools/bundle-worker';

export const buildWorker = () => bundleWorker(new URL('../train-worker.ts', import.meta.url));
