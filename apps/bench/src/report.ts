/** What a suite found: the JSON that scripts read, and the table that people do. */
import { cpus, platform } from 'node:os';
import { version_wasm } from '@tensorflow/tfjs-backend-wasm';
import { version_core } from '@tensorflow/tfjs-core';
import { version_layers } from '@tensorflow/tfjs-layers';
import { median } from './measure';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  readonly node: string;
  readonly tfjs: { readonly core: string; readonly layers: string; readonly wasm: string };
}

export interface Row {
  readonly name: string;
  readonly engine: string;
  /** Median of the rounds. */
  readonly milliseconds: number;
  readonly fastest: number;
  readonly slowest: number;
  readonly rounds: number;
  /** Of the median; its unit is images/s or GFLOP/s. */
  readonly rate: number;
  readonly unit: 'images/s' | 'GFLOP/s';
  /** Size of the WebAssembly heap afterwards. It never shrinks: rows stand in the order of their runs. */
  readonly heapBytes: number;
}

export interface Findings {
  readonly rows: readonly Row[];
  readonly ratios: Readonly<Record<string, number>>;
}

export interface Report extends Findings {
  readonly suite: string;
  /** Tiny sizes, to show that everything runs: no figure means anything. */
  readonly quick: boolean;
  readonly machine: Machine;
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

/** @param work images, or floating-point operations divided by 1e9, of one run. */
export function row(
  name: string,
  engine: string,
  times: readonly number[],
  work: number,
  unit: Row['unit'],
  heapBytes: number,
): Row {
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
    heapBytes,
  };
}

export function table({ suite, quick, machine, rows, ratios }: Report): string {
  const { cpu, cores, node, tfjs } = machine;
  const cells = rows.map((each) => [
    each.name,
    each.engine,
    `${each.milliseconds.toFixed(1)} ms`,
    `${each.fastest.toFixed(1)}–${each.slowest.toFixed(1)}`,
    `${each.rate.toPrecision(3)} ${each.unit}`,
    `${Math.round(each.heapBytes / 2 ** 20)} MiB`,
  ]);
  const lines = [['what', 'engine', 'median', 'range', 'rate', 'heap'], ...cells];
  const widths = (lines[0] as string[]).map((_, i) =>
    Math.max(...lines.map((line) => (line[i] as string).length)),
  );
  return [
    `suite ${suite}${quick ? ' (quick: figures mean nothing)' : ''} · ${cpu}, ${cores} cores · Node ${node} · tfjs ${tfjs.core}`,
    '',
    ...lines.map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    ),
    '',
    ...Object.entries(ratios).map(([name, value]) => `${name}  ${value.toFixed(2)}`),
  ].join('\n');
}
