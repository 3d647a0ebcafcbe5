/** A replayed step gives, bit for bit, what the step gives op by op. */
import { type CapturedStep, captureStep, eagerStep, type StepInput, tensorOf } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { inputsOf, network, startWebgpu, type Training, training } from '../test/network';
import { currentGpu } from '../webgpu';
import { planMemory } from './plan';
import { forget, type Recording, record } from './record';

beforeAll(startWebgpu);

let calls = 0;

async function trained(
  steps: number,
  wrap: (t: Training) => CapturedStep,
  at?: (step: number, t: Training) => unknown,
) {
  const model = network();
  // Equal weights each time: the second network starts as the first.
  for (const [i, weight] of model.weights.entries()) {
    const size = weight.shape.reduce<number>((a, b) => a * (b as number), 1);
    if (/kernel|bias/.test(weight.name))
      weight.write(
        tf.tensor(
          Float32Array.from({ length: size }, (_, j) => Math.sin(i + j) / 3),
          weight.shape as number[],
        ),
      );
  }
  const own = training(model);
  const captured = wrap(own);
  const losses: number[] = [];
  const modes: string[] = [];
  for (let step = 0; step < steps; step++) {
    await at?.(step, own);
    modes.push(captured.mode);
    const [loss] = await captured.run(inputsOf(step));
    losses.push((await (loss as tf.Tensor).data())[0] as number);
    loss?.dispose();
  }
  const weights: Float32Array[] = [];
  for (const each of own.state) weights.push(Float32Array.from(await each.read().data()));
  const { reason } = captured;
  captured.dispose();
  own.dispose();
  return { losses, weights, modes, reason };
}

const captured = ({ step, state }: Training) => captureStep(step, state);
const eager = ({ step }: Training) => eagerStep(step, 'asked for');

describe('a captured training step', () => {
  test('is bit-equal to the eager one after 50 steps with other data, a learning-rate step and batch norm', async () => {
    const replayed = await trained(50, captured);
    const plain = await trained(50, eager);
    expect(replayed.reason).toBeNull();
    expect(replayed.modes.slice(3).every((mode) => mode === 'replay')).toBe(true);
    expect(replayed.losses).toEqual(plain.losses);
    expect(replayed.weights).toEqual(plain.weights);
    expect(replayed.losses.at(-1)).toBeLessThan(replayed.losses[0] as number);
  });

  test('takes up what others put into its state, and leaves their copies of it as they were', async () => {
    const copies: tf.Tensor[] = [];
    const seen: number[][] = [];
    const meddle = async (step: number, { state }: Training) => {
      const first = state[0] as Training['state'][number];
      if (step === 8) {
        copies.push(first.read().clone());
        seen.push([...(await (copies[0] as tf.Tensor).data())]);
      }
      if (step === 12) first.write(tf.mul(first.read(), 0.5));
      if (step === 14) seen.push([...(await first.read().data())]);
    };
    const replayed = await trained(18, captured, meddle);
    const plain = await trained(18, eager, meddle);
    expect(replayed.modes[17]).toBe('replay');
    expect(replayed.losses).toEqual(plain.losses);
    expect(replayed.weights).toEqual(plain.weights);
    expect(seen.slice(0, 2)).toEqual(seen.slice(2));
    const [copy, other] = copies as [tf.Tensor, tf.Tensor];
    expect([...(await copy.data())]).toEqual([...(await other.data())]);
    expect([...(await copy.data())]).toEqual(seen[0]);
    tf.dispose(copies);
  });

  test('goes back to a copy of its state that was given back to it', async () => {
    let saved: tf.Tensor[] = [];
    const restore = (step: number, { state }: Training) => {
      if (step === 6) saved = state.map((each) => each.read().clone());
      if (step === 10) for (const [i, each] of state.entries()) each.write(saved[i] as tf.Tensor);
    };
    const replayed = await trained(14, captured, restore);
    const plain = await trained(14, eager, restore);
    expect(replayed.losses).toEqual(plain.losses);
    expect(replayed.weights).toEqual(plain.weights);
  });

  test('records inputs of another shape apart', async () => {
    const own = training(network());
    const both = captureStep(own.step, own.state);
    const run = async (step: number, batch: number) => {
      tf.dispose(await both.run(inputsOf(step, batch)));
      return both.mode;
    };
    const modes = [];
    for (let step = 0; step < 9; step++) modes.push(await run(step, step % 3 === 2 ? 2 : 4));
    expect(modes).toEqual([
      ...['recording', 'replay', 'recording', 'replay', 'replay', 'replay', 'replay', 'replay', 'replay'],
    ]);
    both.dispose();
    own.dispose();
  });

  test('gives back all memory, and leaves no tensor behind', async () => {
    const gpu = currentGpu();
    const own = training(network());
    const once = captureStep(own.step, own.state);
    tf.dispose(await once.run(inputsOf(0)));
    await own.state[0]?.read().data();
    const before = tf.memory().numTensors;
    const used = gpu.memory().numBytesInGPU;
    for (let step = 1; step < 6; step++) tf.dispose(await once.run(inputsOf(step)));
    expect(tf.memory().numTensors).toBe(before);
    once.dispose();
    await own.state[0]?.read().data();
    expect(gpu.memory().numBytesInGPU).toBe(used);
    own.dispose();
  });

  test('plans less memory than all its results take', async () => {
    const own = training(network());
    const run = {
      inputs: inputsOf(0).map(tensorOf),
      state: () => own.state.map((each) => each.read()),
    };
    const { recording, outputs } = record(currentGpu(), {
      ...run,
      step: () => tf.tidy(() => own.step(run.inputs)),
    });
    tf.dispose([...outputs, ...run.inputs]);
    const plan = planMemory(recording as Recording);
    const all = new Map(
      (recording as Recording).dispatches.flatMap(({ places }) => places.map((p) => [p, p.bytes])),
    );
    const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);
    expect(sum(plan.buffers)).toBeLessThan((2 / 3) * sum(all.values()));
    forget(currentGpu(), (recording as Recording).constants);
    own.dispose();
  });
});

describe('a step that cannot be recorded runs op by op, and says why', () => {
  test.each([
    ['random numbers', (x: tf.Tensor) => tf.add(x, tf.randomUniform(x.shape)), /anew in each run/],
    [
      'a number that changes',
      (x: tf.Tensor) => tf.leakyRelu(x as tf.Tensor4D, ++calls / 100),
      /takes other numbers|anew in each run/,
    ],
  ])('%s', async (_, decorate, why) => {
    const own = training(network(), decorate);
    const tried = captureStep(own.step, own.state);
    for (let step = 0; step < 6; step++) tf.dispose(await tried.run(inputsOf(step)));
    expect(tried.mode).toBe('eager');
    expect(tried.reason).toMatch(why);
    tried.dispose();
    own.dispose();
  });

  test('data read within', async () => {
    const tried = captureStep(([x]) => {
      const doubled = tf.mul(x as tf.Tensor, 2);
      void doubled.data().catch(() => {});
      return [tf.add(doubled, 1)];
    }, []);
    const [y] = await tried.run([{ values: Float32Array.of(1, 2), shape: [2] }]);
    expect([...(await (y as tf.Tensor).data())]).toEqual([3, 5]);
    expect(tried.reason).toMatch(/reads data/);
    y?.dispose();
  });

  test('an error of the step itself is thrown, and the next run goes on', async () => {
    let broken = true;
    const tried = captureStep(([x]) => {
      if (broken) throw new Error('not now');
      return [tf.square(x as tf.Tensor)];
    }, []);
    const input = { values: Float32Array.of(3), shape: [1] };
    const tensors = tf.memory().numTensors;
    await expect(tried.run([input])).rejects.toThrow('not now');
    broken = false;
    for (let i = 0; i < 4; i++) {
      const [y] = await tried.run([input]);
      expect([...(await (y as tf.Tensor).data())]).toEqual([9]);
      y?.dispose();
    }
    expect(tried.mode).toBe('replay');
    tried.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test('an inference pass and training share their weights in turn', async () => {
  const model = network();
  const own = training(model);
  const train = captureStep(own.step, own.state);
  const weights = own.state.slice(0, model.weights.length);
  const infer = captureStep(([x]) => [model.predict(x as tf.Tensor) as tf.Tensor], weights);
  const [image] = inputsOf(99);
  const answers: [number[], number[]][] = [];
  for (let step = 0; step < 8; step++) {
    tf.dispose(await train.run(inputsOf(step)));
    const [logits] = await infer.run([image as StepInput]);
    const direct = tf.tidy(() => model.predict(tensorOf(image as StepInput)) as tf.Tensor);
    answers.push([[...(await (logits as tf.Tensor).data())], [...(await direct.data())]]);
    tf.dispose([logits as tf.Tensor, direct]);
  }
  for (const [replayed, direct] of answers) expect(replayed).toEqual(direct);
  expect([train.mode, infer.mode]).toEqual(['replay', 'replay']);
  train.dispose();
  infer.dispose();
  own.dispose();
});
