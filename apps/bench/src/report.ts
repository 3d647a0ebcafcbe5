/** What a suite found: the JSON that scripts read. */
import { cpus, loadavg, platform } from 'node:os';
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { version_core } from '@tensorflow/tfjs-core';
import { version_layers } from '@tensorflow/tfjs-layers';
import { median, type Sample } from './measure';
import type { GpuFacts } from './webgpu/facts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly tfjs: { readonly core: string; readonly layers: string; readonly wasm: string };
  /** Of the suite `webgpu`. */
  readonly gpu?: GpuFacts;
}

export type Unit = 'images/s' | 'GFLOP/s' | 'TFLOP/s' | 'GB/s' | 'steps/s' | 'episodes/s' | '% of the step';

export interface Row {
  /** The part of the suite. */
  readonly part: string;
  readonly name: string;
  readonly engine: string;
  /** Median of the rounds; of several processes, the median of their medians. */
  readonly milliseconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly rounds: number;
  /** At the median. */
  readonly rate: number;
  readonly unit: Unit;
  /** The most of the WebAssembly heap, or of the GPU's memory, that was taken at once: inputs, outputs and temporaries. */
  readonly peakBytes?: number;
  /** Size of the WebAssembly heap afterwards. It never shrinks: rows stand in the order of their runs. */
  readonly heapBytes?: number;
  /** ‖y − float64‖ / ‖float64‖. */
  readonly error?: number;
  /** Of what the chip can do at most: of its float32 rate, or in GB/s of its memory's. */
  readonly share?: number;
  /** Milliseconds of the JavaScript thread until all was handed over to the GPU. */
  readonly threadMilliseconds?: number;
  /** By the GPU's own timestamps, without what lies between the dispatches. */
  readonly gpuMilliseconds?: number;
}

export interface Findings {
  readonly rows: readonly Omit<Row, 'part'>[];
  readonly ratios: Readonly<Record<string, number>>;
  /** What could not be measured here, and why. */
  readonly notRun?: readonly string[];
  /** What to know of what was measured. */
  readonly notes?: readonly string[];
  /** The ratios of each shape, where `ratios` holds their geometric means. */
  readonly each?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What one process found. */
export interface ProcessReport {
  readonly suite: string;
  /** Tiny sizes, to show that everything runs: no figure means anything. */
  readonly quick: boolean;
  readonly machine: Machine;
  /** Milliseconds of a fixed computation on stock tfjs-wasm, median over the run: how fast the machine was meanwhile. */
  readonly reference: number;
  /** The system's load average over its last five minutes; 1 is this process alone. */
  readonly load: number;
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
  readonly notRun: readonly string[];
  readonly notes?: readonly string[];
  readonly each?: Findings['each'];
  /** Parts that failed, with their messages. */
  readonly failed?: readonly string[];
  /** Of the random tensors, and of the networks' weights. */
  readonly seeds?: readonly number[];
}

export interface Spread {
  readonly smallest: number;
  readonly largest: number;
}

/** What several processes found: every figure is the median of theirs. */
export interface Report extends ProcessReport {
  readonly date: string;
  readonly spread: Readonly<Record<string, Spread>>;
  /** In the order of their runs. A process is dropped where its reference was far from the others'. */
  readonly processes: readonly {
    readonly reference: number;
    readonly load: number;
    readonly dropped: boolean;
    readonly ratios: Readonly<Record<string, number>>;
  }[];
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    platform: `${platform()} ${process.arch}`,
    node: process.versions.node,
    tfjs: { core: version_core, layers: version_layers, wasm: version_wasm },
  };
}

export function currentLoad(): number {
  return loadavg()[1] as number;
}

/** @param work images, or floating-point operations divided by 1e9, of one run. */
export function row(
  name: string,
  { engine, times, ...memory }: Sample,
  work: number,
  unit: Unit,
): Findings['rows'][number] {
  const milliseconds = median(times);
  return {
    name,
    engine,
    milliseconds,
    fastest: Math.min(...times),
    slowest: Math.max(...times),
    rounds: times.length,
    rate: (1000 * work) / milliseconds,
    unit,
    ...memory,
  };
}
