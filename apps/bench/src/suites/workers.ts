/**
 * Training with 1 … n workers that share each batch, beside two processes that share nothing: what the machine itself
 * gives two threads of work in the same minute. Everything runs the same short training of `nsn-cifar`.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { heapBytes } from '@neusim/backend-wasm';
import { cores } from '@neusim/platform';
import { median, ratio } from '../measure';
import { type Findings, row } from '../report';
import { type ShortTraining, shortTraining } from '../short-training';

/** The built entries beside this file's chunk in dist. */
const entries = {
  worker: new URL('./train-worker.js', import.meta.url),
  process: new URL('./train-process.js', import.meta.url),
};

export async function benchWorkers(quick: boolean, { worker, process } = entries): Promise<Findings> {
  const counts = Array.from({ length: Math.max(2, quick ? 2 : cores()) - 1 }, (_, i) => i + 2);
  const work: ShortTraining = quick
    ? { width: 4, batchSize: 6, steps: 3, workers: 1 }
    : { width: 32, batchSize: 32, steps: 5, workers: 1 };
  const rounds = quick ? 1 : 3;
  /** Milliseconds a step, by variant, one each round. */
  const times: Record<string, number[]> = {};
  const add = (name: string, ...found: readonly number[]) => {
    times[name] = [...(times[name] ?? []), ...found];
  };
  const pair = [start(process, work), start(process, work)];
  try {
    for (let round = 0; round < rounds; round++) {
      add('one process', ...(await sideBySide(pair.slice(0, 1))));
      add('each of two processes', median(await sideBySide(pair)));
      for (const workers of [1, ...counts])
        add(nameOf(workers), await shortTraining({ ...work, workers }, { url: worker }));
    }
  } finally {
    for (const child of pair) child.kill();
  }
  const of = (name: string) => ({ times: times[name] as number[] });
  const scaling = (workers: number) => ratio(of(nameOf(1)), of(nameOf(workers)));
  return {
    rows: Object.entries(times).map(([name, each]) =>
      row(
        `nsn-cifar dynamic-dns train, ${name}`,
        { engine: 'neusim', times: each, heapBytes: heapBytes() },
        work.batchSize,
        'images/s',
      ),
    ),
    ratios: {
      twoProcessesScaling: 2 * ratio(of('one process'), of('each of two processes')),
      ...Object.fromEntries(counts.map((workers) => [`workers${workers}Scaling`, scaling(workers)])),
    },
  };
}

const nameOf = (workers: number) => (workers === 1 ? 'one worker' : `${workers} workers`);

function start(url: URL, work: ShortTraining): ChildProcess {
  return fork(fileURLToPath(url), [JSON.stringify(work)]);
}

/** Milliseconds a step in each: all are ready before any begins. */
async function sideBySide(children: readonly ChildProcess[]): Promise<number[]> {
  const heard = async (child: ChildProcess) => {
    const heard = new AbortController();
    const { signal } = heard;
    const gone = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a process of the benchmark ended with exit code ${code}`);
    });
    try {
      const [message] = await Promise.race([once(child, 'message', { signal }), gone]);
      return message;
    } finally {
      gone.catch(() => {});
      heard.abort();
    }
  };
  const say = async (word: 'prepare' | 'go') => {
    const answers = children.map(heard);
    for (const child of children) child.send(word);
    return Promise.all(answers);
  };
  await say('prepare');
  return say('go');
}
