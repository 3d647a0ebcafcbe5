/** The real TensorBoard reads what the sink writes; `node tools/prove-tensorboard.mjs` does the same to a whole run. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as platform from '@neusim/platform';
import { expect, onTestFinished, test } from 'vitest';
import { findTensorBoard, readWithTensorBoard } from '../../../../tools/tensorboard.mjs';
import { createTensorBoardSink } from './sink';

const { python = '', missing } = await findTensorBoard();

test.skipIf(missing !== undefined)(
  'EventAccumulator of TensorBoard gives 1 to 30, each once, of a run killed at 20 and gone on with from 15',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'neusim-export-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const config = { seed: 3, lr: 0.5, flip: true, model: { name: 'nsn-digits', widths: [4, 8] } };
    const run = async (from: number, to: number, loss: (step: number) => number) => {
      const sink = await createTensorBoardSink(platform, folder);
      const resumedFrom = from === 0 ? null : 'step-15';
      await sink.add({ type: 'start', config, backend: 'wasm', step: from, resumedFrom });
      for (let step = from + 1; step <= to; step++) {
        const speed = { imagesPerSecond: 100, loading: 0 };
        await sink.add({ type: 'step', step, loss: loss(step), learningRate: 0.1, ...speed });
      }
      await sink.add({ type: 'evaluation', step: to, testError: to, top5Error: 1.5, loss: null });
    };
    await run(0, 20, (step) => (step <= 15 ? 1 / step : 99));
    const first = join(folder, readdirSync(folder)[0] as string);
    appendFileSync(first, readFileSync(first).subarray(0, 20));
    await run(15, 30, (step) => 1 / step);

    const { scalars, texts, settings } = await readWithTensorBoard(python, folder);
    expect(scalars['train/loss']).toEqual(
      Array.from({ length: 30 }, (_, index) => [index + 1, Math.fround(1 / (index + 1))]),
    );
    expect(scalars['test/error_top1']).toEqual([[30, 30]]);
    expect(scalars['test/loss']).toBeUndefined();
    expect(texts.config?.at(-1)?.[1]).toContain('| model.widths | `[4,8]` |');
    expect(settings).toEqual({
      seed: 3,
      lr: 0.5,
      flip: true,
      'model.name': 'nsn-digits',
      'model.widths': '[4,8]',
      backend: 'wasm',
    });
  },
);
