// A run's events as the few words of its progress line.

import type { RunConfig, TrainEvent } from '@neusim/train';
import type { Progress } from '../terminal/progress';
import { timeLeft } from './time-left';

/** Share of a step's time; less is not worth a word. */
const LOADING_TOLD = 0.05;

/** A function that takes a run's events and keeps its progress line up to date. */
export function ticker(name: string, progress: Progress): (event: TrainEvent<RunConfig>) => void {
  let steps = 0;
  let step = 0;
  let first: { readonly step: number; readonly time: number } | undefined;
  const words = { loss: 'starting', rate: '', loading: '', memory: '', left: '', testing: '', error: '' };
  const show = (isLast = false) => {
    const text = Object.values(words).filter(Boolean).join('  ');
    progress.update(name, { step, steps, text, isLast });
  };
  return (event) => {
    switch (event.type) {
      case 'start':
        steps = event.steps;
        step = event.step;
        if (event.workers > 1) progress.note(`${name}: ${event.workers} workers share each batch`);
        if (event.resumedFrom) progress.note(`${name}: going on from ${event.resumedFrom}`);
        break;
      case 'progress':
        step = event.step;
        if (event.phase === 'compilation') {
          // Nothing moves meanwhile, on some adapters for half a minute.
          if (words.loss !== 'compiling') progress.note(`${name}: compiling the GPU's programs …`);
          words.loss = 'compiling';
          break;
        }
        if (words.loss === 'starting' || words.loss === 'compiling') words.loss = 'training';
        if (event.phase === 'evaluation') {
          words.testing = `testing ${Math.floor((100 * event.done) / event.total)} %`;
          break;
        }
        if (event.phase === 'settling') {
          words.testing = `base classes ${Math.floor((100 * event.done) / event.total)} %`;
          break;
        }
        words.testing = '';
        first ??= { step, time: performance.now() };
        words.left = timeLeft(((performance.now() - first.time) / (step - first.step || 1)) * (steps - step));
        break;
      case 'step':
        step = event.step;
        words.loss = `loss ${event.loss.toFixed(3)}`;
        words.rate = `${Math.round(event.imagesPerSecond)} images/s`;
        words.loading = event.loading > LOADING_TOLD ? `loading ${Math.round(100 * event.loading)} %` : '';
        if (event.bytesInGPU !== undefined)
          words.memory = `${Math.ceil(event.bytesInGPU / 2 ** 20)} MiB on the GPU`;
        break;
      case 'compilation':
        words.loss = 'training';
        progress.note(
          `${name}: ${event.pipelines} GPU programs compiled in ${(event.ms / 1000).toFixed(1)} s`,
        );
        break;
      case 'evaluation':
        words.testing = '';
        // Of a sample of episodes, which may be of validation classes: how sure it is, is told.
        words.error =
          event.interval === undefined
            ? `test error ${event.testError.toFixed(2)} %`
            : `error ${event.testError.toFixed(2)} ± ${event.interval.toFixed(2)} %`;
        if (step === steps) return show(true);
        break;
      case 'warning':
        progress.note(`${name}: ${event.message}`);
        break;
      default:
        return;
    }
    show();
  };
}
