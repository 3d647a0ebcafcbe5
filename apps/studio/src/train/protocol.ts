// What the page and its worker tell each other. Both sides import this file, so it has no tensor library in it: of the
// packages below it takes types alone.
import type { StartedBackend } from '@neusim/core';
import type { LearnedParts, TrainEvent } from '@neusim/train';
import type { Failure } from '../parts/failure';

/** The demo's networks: presets of `@neusim/train`, what the page calls them, and what they are. */
export const networks = {
  'nsn-digits': {
    label: 'Dynamic similarity',
    about: 'A small predictor weights the taps of each kernel anew at every position of each image.',
  },
  'nsn-digits-static-uns': {
    label: 'Static similarity',
    about: 'Each layer learns one 9×9 matrix that mixes its taps. It folds away after training.',
  },
  'cnn-digits': {
    label: 'Plain convolutions',
    about: 'The baseline: a kernel is compared with the image by the inner product.',
  },
} as const;

export const engines = {
  auto: 'The best that runs here',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
} as const;

export const amounts = {
  all: 'All: 8,000 to train, 2,000 to test',
  part: 'A part: 2,000 to train, 300 to test',
  few: 'A few: 500 to train, 100 to test',
} as const;

/** One run, as the page asks for it: what the worker is started with. */
export interface RunRequest {
  readonly network: keyof typeof networks;
  readonly engine: keyof typeof engines;
  readonly amount: keyof typeof amounts;
  /** 1 or more. */
  readonly steps: number;
  /** 1 or more. */
  readonly batchSize: number;
  /** 0..2^53 - 1. */
  readonly seed: number;
  /** URL of the folder of the digits. */
  readonly digits: string;
}

export type ToWorker = { readonly type: 'stop' };

export type FromWorker =
  | { readonly type: 'phase'; readonly phase: 'engine' | 'data' | 'network' }
  | { readonly type: 'engine'; readonly engine: StartedBackend }
  | {
      readonly type: 'train';
      readonly event: TrainEvent;
      /** Milliseconds since the worker began. */
      readonly at: number;
      /** That the engine holds on its device. */
      readonly bytes: number;
    }
  /** Before the run's end. */
  | { readonly type: 'learned'; readonly parts: LearnedParts }
  | { readonly type: 'failed'; readonly failure: Failure };
