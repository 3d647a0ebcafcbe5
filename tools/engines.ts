/**
 * The shared suites, each on every engine: `onEachEngine('pooling', () => { test(…) })`. Which engines there are is
 * told by vitest's config: a page has WebGPU alone. Where there is no adapter, runner.ts leaves WebGPU's suites out.
 */
import core, { type StartedBackend, startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, inject } from 'vitest';

export type Engine = 'cpu' | 'wasm' | 'webgpu';

declare module 'vitest' {
  export interface ProvidedContext {
    engines: readonly Engine[];
    /** Those that cannot run here. */
    absent: readonly Engine[];
  }
}

const plugins = {
  cpu: async () => [],
  wasm: async () => [(await import('@neusim/backend-wasm')).default],
  webgpu: async () => [(await import('@neusim/backend-webgpu')).default],
};

/** A suite for every engine: each is named `${subject} on ${engine}`, and started once. */
export const onEachEngine = (subject: string, suite: (engine: Engine) => void) =>
  suites(subject, suite, inject('engines'));

/** The same without one of them: with its reason in docs/exclusions.md. */
export const onEachEngineBut = (without: Engine, subject: string, suite: (engine: Engine) => void) =>
  suites(
    subject,
    suite,
    inject('engines').filter((engine) => engine !== without),
  );

function suites(subject: string, suite: (engine: Engine) => void, engines: readonly Engine[]): void {
  for (const engine of engines)
    describe(`${subject} on ${engine}`, () => {
      beforeAll(async () => {
        const { adapter } = await start(engine);
        if (engine === 'webgpu' && inject('engines').length === 1) console.log(`WebGPU runs on ${adapter}.`);
      });
      afterEach(settled);
      suite(engine);
    });
}

/** Makes an engine current. On WebGPU small tensors go to the GPU too: else tfjs computes them on the CPU. */
export async function start(engine: Engine): Promise<StartedBackend> {
  const started = await startBackend(createRegistry(core, ...(await plugins[engine]())), engine);
  if (engine === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  return started;
}

/** What went wrong on the GPU in a test, unread, fails that test and no other. */
async function settled(): Promise<void> {
  if (tf.getBackend() !== 'webgpu') return;
  const error = await read();
  if (!error) return;
  await restart();
  throw error;
}

/** Starts WebGPU again after a failure that was asked for: errors that follow from the first come later than it. */
export async function restart(): Promise<void> {
  do await start('webgpu');
  while (await read());
}

/** Waits for the GPU. */
async function read(): Promise<unknown> {
  const one = tf.tidy(() => tf.matMul(tf.ones([1, 1]), tf.ones([1, 1])));
  try {
    await one.data();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    one.dispose();
  }
}
