/**
 * The module that the tests' workers run. What goes wrong in it a module around it may say (`build-worker.ts`):
 * `{ rank: 1, step: 3, how: 'exit' }` ends worker 1 in its third step.
 */
import wasm from '@neusim/backend-wasm';
import core from '@neusim/core';
import hypernet from '@neusim/hypernet';
import masks from '@neusim/masks';
import models from '@neusim/models';
import { port } from '@neusim/platform';
import { createRegistry, NeusimError } from '@neusim/registry';
import { enableProdMode, memory } from '@tensorflow/tfjs-core';
import { Moved, poolData, serveTasks, type Task, type Tasks, trainTasks } from '../index';

export interface GoesWrong {
  readonly rank: number;
  /** From 1. */
  readonly step: number;
  /** `leave` is exit code 0, `throw` an error of ours, `crash` an uncaught one; `silent` never serves. */
  readonly how: 'exit' | 'leave' | 'throw' | 'crash' | 'silent';
}

const own = await port();
enableProdMode();

const { goesWrong } = globalThis as { goesWrong?: GoesWrong };
let steps = 0;

const goWrong: Readonly<Record<string, () => unknown>> = {
  exit: () => process.exit(7),
  leave: () => process.exit(0),
  throw() {
    throw new NeusimError('TEST_FAILED', 'as asked', { data: { met: 1 }, hint: 'ask for less' });
  },
  crash: () =>
    new Promise(() => {
      setTimeout(() => {
        throw new Error('out of order');
      });
    }),
};

const tasks: Tasks = trainTasks(createRegistry(core, hypernet, masks, models, wasm));
const step: Task = (item, worker) => {
  if (worker.rank === goesWrong?.rank && ++steps === goesWrong.step) return goWrong[goesWrong.how]?.();
  return tasks['neusim/step']?.(item, worker);
};

if (goesWrong?.how !== 'silent')
  serveTasks(own, {
    ...tasks,
    'neusim/step': step,
    memory: () => [memory().numTensors, memory().numBytes],
    square: (x: number) => x * x,
    rank: (_, { rank }) => rank,
    told: () => poolData(own),
    fail: (how: string) => goWrong[how]?.(),
    function: () => () => {},
    moved: (array: Float32Array<ArrayBuffer>) => new Moved(array, [array.buffer]),
    // Each rank gives its own values, `times` times, and all have to see all.
    gather: ({ values, times = 1 }: { values: number[]; times?: number }, { gather }) => {
      let all: readonly Float64Array[] = [];
      for (let i = 0; i < times; i++) all = gather(Float64Array.from(values, (value) => value + i));
      return all.map((each) => [...each]);
    },
    // The rank asked for goes wrong in place of gathering.
    desert: ({ rank, how }: { rank: number; how: string }, worker) => {
      if (worker.rank === rank) return goWrong[how]?.();
      return worker.gather(Float64Array.of(1)).length;
    },
  });
else setInterval(() => {}, 1000);
