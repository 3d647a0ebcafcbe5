/**
 * Timing on a GPU: what is compared runs in turn, round by round. One timing is as many runs as fill a while, handed
 * over and then waited for: submitting and waiting cost more than a kernel of a fast GPU.
 */
import * as tf from '@tensorflow/tfjs-core';
import { median, type Sample } from '../measure';
import { type GpuBackend, gpuTime, submit, workDone } from './backend';
import type { GpuEngineName, GpuEngines } from './engines';

export interface Prepared {
  /** Leaves no tensors behind. */
  run(): void | Promise<void>;
  /** The tensors that it reads: what its peak of memory begins with. All that is taken where absent. */
  readonly reads?: readonly tf.Tensor[];
  dispose?(): void;
}

export interface GpuVariant {
  readonly engine: GpuEngineName;
  /** Makes the tensors on the engine's own device. */
  readonly prepare: () => Prepared;
}

export interface GpuSample extends Sample {
  /** Milliseconds of the JavaScript thread until the last submission has returned, of each round. */
  readonly threadTimes: readonly number[];
  readonly peakBytes: number;
  /** By the GPU's own timestamps, each dispatch in a pass of its own, without what lies between them. */
  readonly gpuMilliseconds?: number;
}

/** Milliseconds that one timing takes at least, on a GPU. */
const A_WHILE = 50;
const MOST_REPEATS = 200;

/** @throws NeusimError what the GPU refused. */
export async function measureGpu<Name extends string>(
  engines: GpuEngines,
  variants: Readonly<Record<Name, GpuVariant>>,
  rounds: number,
): Promise<Readonly<Record<Name, GpuSample>>> {
  const names = Object.keys(variants) as Name[];
  const made = {} as Record<Name, Measured>;
  try {
    for (const name of names) made[name] = await warm(engines, variants[name]);
    for (let round = 0; round < rounds; round++)
      for (const name of names) {
        const { run, repeats, times, threadTimes } = made[name];
        const backend = await engines.use(variants[name].engine);
        const timed = await timeRuns(backend, run, repeats);
        times.push(timed.milliseconds);
        threadTimes.push(timed.thread);
      }
    for (const engine of new Set(names.map((name) => variants[name].engine)))
      await engines.requireHealthy(engine);
  } finally {
    for (const { dispose } of Object.values<Measured>(made)) dispose?.();
  }
  const sample = (name: Name): GpuSample => {
    const { times, threadTimes, peakBytes, gpuMilliseconds } = made[name];
    return {
      engine: variants[name].engine,
      times,
      threadTimes,
      peakBytes,
      ...(gpuMilliseconds === undefined ? {} : { gpuMilliseconds }),
    };
  };
  return Object.fromEntries(names.map((name) => [name, sample(name)])) as Record<Name, GpuSample>;
}

interface Measured extends Prepared {
  readonly repeats: number;
  readonly times: number[];
  readonly threadTimes: number[];
  readonly peakBytes: number;
  readonly gpuMilliseconds: number | undefined;
}

/** Compiles, uploads, and measures what is not timed in rounds. */
async function warm(engines: GpuEngines, { engine, prepare }: GpuVariant): Promise<Measured> {
  const backend = await engines.use(engine);
  const prepared = prepare();
  const { run, reads } = prepared;
  await timeRuns(backend, run, 1);
  const meter = engines.meter(engine);
  meter.reset();
  const before = meter.live;
  const { milliseconds } = await timeRuns(backend, run, 1);
  const peakBytes = meter.peak - before + (reads ? bytesOf(reads) : before);
  const { software, quick } = engines.speed;
  const gpuMilliseconds =
    engines.facts.timestamps && (quick || !software) ? await gpuTime(backend, () => void run()) : undefined;
  const repeats = software ? 1 : Math.min(MOST_REPEATS, Math.ceil(A_WHILE / milliseconds));
  return { ...prepared, repeats, times: [], threadTimes: [], peakBytes, gpuMilliseconds };
}

/** One timing of `repeats` runs, handed over and waited for: milliseconds of a run, and of the thread for it. */
export async function timeRuns(backend: GpuBackend, run: Prepared['run'], repeats: number) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) {
    const running = run();
    if (running) await running;
  }
  submit(backend);
  const thread = (performance.now() - start) / repeats;
  await workDone(backend);
  return { milliseconds: (performance.now() - start) / repeats, thread };
}

function bytesOf(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, { size, dtype }) => sum + size * tf.util.bytesPerElement(dtype), 0);
}

/** The sample whose median is smallest. */
export function fastest(samples: readonly GpuSample[]): GpuSample {
  return samples.reduce((best, each) => (median(each.times) < median(best.times) ? each : best));
}

/** What `make` makes, once on each backend: the engines of one device read the same tensors. */
export function perBackend<T>(make: () => T): { current(): T; each(f: (made: T) => void): void } {
  const made = new Map<string, T>();
  return {
    current() {
      const backend = tf.getBackend();
      const found = made.get(backend) ?? make();
      made.set(backend, found);
      return found;
    },
    each: (f) => made.forEach(f),
  };
}
