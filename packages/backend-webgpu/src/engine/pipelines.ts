/**
 * Compiled programs, each made once a device. Every compilation is watched, tfjs's own too: an error names the kernel,
 * and time and number of compilations are counted. `compileOnly` compiles what a function would run, without running
 * it and without waiting in between.
 */
import * as tf from '@tensorflow/tfjs-core';
import { fail, requireHealthy, shaderError } from './errors';
import type { Gpu } from './internals';
import { type Program, wgsl } from './program';

export interface Pipeline {
  readonly compute: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

interface Compiler {
  readonly own: Map<string, Pipeline | Promise<GPUComputePipeline>>;
  readonly stock: WeakMap<GPUComputePipeline, Pipeline>;
  /** Compilations of which it is not known yet how they went. */
  readonly pending: Set<Promise<void>>;
  /** Calls of `compileOnly` that are under way. */
  ahead: number;
  pipelines: number;
  ms: number;
}

const compilers = new WeakMap<GPUDevice, Compiler>();

const compilerOf = (device: GPUDevice) => compilers.get(device) as Compiler;

/** What the next pipelines are compiled for, as errors name it. */
let subject = { name: '', shapes: '' };

const COMPILE_ONLY = 'WEBGPU_ENGINE_COMPILE_ONLY';

/** Whether kernels are only compiled, and their outputs left unwritten. */
export const isCompileOnly = () => tf.env().getBool(COMPILE_ONLY);

/** Watches the compilations of a device. */
export function watchPipelines(device: GPUDevice): void {
  const compiler: Compiler = {
    own: new Map(),
    stock: new WeakMap(),
    pending: new Set(),
    ahead: 0,
    pipelines: 0,
    ms: 0,
  };
  compilers.set(device, compiler);
  const now = device.createComputePipeline.bind(device);
  const later = device.createComputePipelineAsync.bind(device);
  const modules = device.createShaderModule.bind(device);
  const named = (label: string | undefined) => ({ ...subject, name: subject.name || label || 'a kernel' });
  const watched = <T>(label: string | undefined, make: () => T): T => {
    const { name, shapes } = named(label);
    const started = performance.now();
    device.pushErrorScope('validation');
    try {
      return make();
    } finally {
      compiler.ms += performance.now() - started;
      const told = device
        .popErrorScope()
        .then((error) => {
          if (!error) return;
          fail(device, shaderError(name, shapes, error.message));
          for (const key of compiler.own.keys()) if (key.startsWith(`${name} `)) compiler.own.delete(key);
        })
        // The device is lost: that is told elsewhere.
        .catch(() => {})
        .finally(() => compiler.pending.delete(told));
      compiler.pending.add(told);
    }
  };
  device.createShaderModule = (descriptor) => watched(descriptor.label, () => modules(descriptor));
  device.createComputePipeline = (descriptor) => {
    compiler.pipelines++;
    return watched(descriptor.label, () => now(descriptor));
  };
  device.createComputePipelineAsync = async (descriptor) => {
    compiler.pipelines++;
    const { name, shapes } = named(descriptor.label);
    try {
      return await later(descriptor);
    } catch (error) {
      const failure = shaderError(name, shapes, (error as Error).message);
      fail(device, failure);
      throw failure;
    }
  };
}

/** Resolves when it is known of all compilations how they went. */
export async function settled(device: GPUDevice): Promise<void> {
  await Promise.all(compilerOf(device).pending);
}

/**
 * The pipeline of a program of ours; undefined where it is only compiled.
 * @param shapes of the tensors that it is first used for, for errors.
 */
export function pipelineOf(gpu: Gpu, program: Program, shapes: () => string): Pipeline | undefined {
  const { own } = compilerOf(gpu.device);
  const key = `${program.name} ${program.variant}`;
  const known = own.get(key);
  if (known && !(known instanceof Promise)) return known;
  // One that is still being compiled ahead, and is to run now, is compiled again: a kernel is never left out.
  if (known && isCompileOnly()) return undefined;
  subject = { name: program.name, shapes: shapes() };
  try {
    const module = gpu.device.createShaderModule({ label: key, code: wgsl(program) });
    const descriptor = { label: key, layout: 'auto', compute: { module, entryPoint: 'main' } } as const;
    if (isCompileOnly()) {
      own.set(key, gpu.device.createComputePipelineAsync(descriptor));
      return undefined;
    }
    const made = withLayout(gpu.device.createComputePipeline(descriptor));
    own.set(key, made);
    return made;
  } finally {
    subject = { name: '', shapes: '' };
  }
}

/** A pipeline of tfjs's, with its layout kept. */
export function stockPipeline(gpu: Gpu, compute: GPUComputePipeline): Pipeline {
  const { stock } = compilerOf(gpu.device);
  let known = stock.get(compute);
  if (!known) {
    known = withLayout(compute);
    stock.set(compute, known);
  }
  return known;
}

const withLayout = (compute: GPUComputePipeline): Pipeline => ({
  compute,
  layout: compute.getBindGroupLayout(0),
});

export interface Compilation {
  /** Programs compiled. */
  readonly pipelines: number;
  readonly ms: number;
}

/**
 * Compiles, side by side, the programs that `f` would run; it runs nothing, and what `f` computes is not written.
 * @throws NeusimError GPU_SHADER
 */
export async function compileOnly(gpu: Gpu, f: () => void): Promise<Compilation> {
  const compiler = compilerOf(gpu.device);
  const { pipelines } = compiler;
  const started = performance.now();
  // Small tensors on the CPU too take their kernel's program: a recorded step has them on the GPU.
  const flags = { [COMPILE_ONLY]: true, WEBGPU_CPU_FORWARD: false };
  const before = Object.keys(flags).map((flag) => [flag, tf.env().getBool(flag)] as const);
  for (const [flag, value] of Object.entries(flags)) tf.env().set(flag, value);
  compiler.ahead++;
  try {
    try {
      f();
    } finally {
      for (const [flag, value] of before) tf.env().set(flag, value);
      await Promise.all([...compileOwn(compiler), ...compileStock(gpu)]);
    }
  } finally {
    compiler.ahead--;
  }
  requireHealthy(gpu.device);
  const ms = performance.now() - started;
  compiler.ms += ms;
  return { pipelines: compiler.pipelines - pipelines, ms };
}

/** Waits for programs of ours. What does not compile is forgotten, so that the next use is told again. */
function compileOwn({ own }: Compiler): Promise<void>[] {
  return [...own].map(async ([key, made]) => {
    if (!(made instanceof Promise)) return;
    const done = await made.then(withLayout, () => undefined);
    if (own.get(key) !== made) return;
    if (done) own.set(key, done);
    else own.delete(key);
  });
}

/** The same for tfjs's (whose own way of waiting mixes them up where others are compiled meanwhile). */
function compileStock({ pipelineCache }: Gpu): Promise<void>[] {
  return Object.entries(pipelineCache).map(async ([key, made]) => {
    if (!(made instanceof Promise)) return;
    const done = await made.catch(() => undefined);
    if (pipelineCache[key] !== made) return;
    if (done) pipelineCache[key] = done;
    else delete pipelineCache[key];
  });
}

/** Before a stock kernel runs: those still being compiled ahead are compiled again, as ours are. */
export function forgetUnfinished(gpu: Gpu): void {
  if (compilerOf(gpu.device).ahead === 0 || isCompileOnly()) return;
  for (const [key, made] of Object.entries(gpu.pipelineCache))
    if (made instanceof Promise) delete gpu.pipelineCache[key];
}

/** Programs compiled on a device so far, and the time that took on this thread. */
export function compilation(device: GPUDevice): Compilation {
  const { pipelines, ms } = compilerOf(device);
  return { pipelines, ms };
}
