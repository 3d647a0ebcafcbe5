import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './format';

const sample: Checkpoint = {
  config: { seed: 3, model: { name: 'nsn-digits' } },
  backend: 'cpu',
  step: 35,
  pending: [0.1, 1 / 3],
  imagesPerSecond: 812.5,
  history: {
    steps: [{ step: 10, loss: Math.fround(0.7), learningRate: 0.1 }],
    evaluations: [{ step: 30, testError: 12.5, top5Error: null, loss: 0.25 }],
  },
  tensors: [
    {
      name: 'root/kernel',
      shape: [2, 3],
      dtype: 'float32',
      values: Float32Array.of(1, -2, 1e-38, 3.5, 0, 7),
    },
    { name: 'empty', shape: [0, 4], dtype: 'float32', values: new Float32Array(0) },
    { name: 'count', shape: [], dtype: 'int32', values: Int32Array.of(-9) },
  ],
};
const coded = (code: string) =>
  expect.objectContaining({ code, data: expect.objectContaining({ file: 'step.neusim' }) });
const decode = (bytes: Uint8Array) => decodeCheckpoint('step.neusim', bytes);

describe('a checkpoint file', () => {
  test('gives back what was put in', async () => {
    expect(await decode(await encodeCheckpoint(sample))).toEqual(sample);
    // Wherever the bytes lie in their buffer.
    const bytes = await encodeCheckpoint(sample);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(await decode(shifted.subarray(3))).toEqual(sample);
  });

  test('cut short anywhere is refused', async () => {
    const bytes = await encodeCheckpoint(sample);
    for (let length = 0; length < bytes.length; length++)
      await expect(decode(bytes.subarray(0, length))).rejects.toThrow(
        coded(length < 12 ? 'CHECKPOINT_BAD_MAGIC' : 'CHECKPOINT_TRUNCATED'),
      );
  });

  test('altered anywhere is refused', async () => {
    const bytes = await encodeCheckpoint(sample);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = bytes.slice();
        altered[at]! ^= change;
        await expect(decode(altered)).rejects.toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^CHECKPOINT_/) }),
        );
      }),
    );
  });

  test('with something behind it is refused', async () => {
    const bytes = await encodeCheckpoint(sample);
    await expect(decode(Uint8Array.of(...bytes, 0))).rejects.toThrow(coded('CHECKPOINT_CORRUPT'));
  });

  test('of another format is told so', async () => {
    const bytes = await encodeCheckpoint(sample);
    const text = new TextDecoder('latin1').decode(bytes);
    bytes[text.indexOf('"format":1') + '"format":'.length] = '2'.charCodeAt(0);
    await expect(decode(bytes)).rejects.toThrow(coded('CHECKPOINT_VERSION'));
  });

  test('that asks for more than there is takes no memory for it', async () => {
    const shape = [2 ** 20, 2 ** 20];
    const greedy = { ...sample, tensors: [{ ...sample.tensors[0]!, shape }] };
    await expect(encodeCheckpoint(greedy).then(decode)).rejects.toThrow(coded('CHECKPOINT_TRUNCATED'));
  });
});
