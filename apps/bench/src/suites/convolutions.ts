/** One convolution at a time: plain, and with a predicted similarity of both forms, m given. */
import { heapBytes } from '@neusim/backend-wasm';
import { similarityConv2d } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Engines } from '../engines';
import { geometricMean, measure, ratio } from '../measure';
import { type Findings, type Row, row } from '../report';

/** [B, H, W, C, F], with a 3×3 window, stride 1, same padding. */
const shapes = [
  [32, 32, 32, 32, 32],
  [32, 16, 16, 64, 64],
  [32, 8, 8, 128, 128],
  [8, 42, 42, 64, 64],
] as const;
const tiny = [[2, 5, 4, 3, 2]] as const;

export function benchConvolutions(engines: Engines, quick: boolean): Findings {
  const rows: Row[] = [];
  const found: Record<string, number[]> = {};
  for (const shape of quick ? tiny : shapes) {
    const { rows: more, ratios } = benchShape(engines, shape, quick ? 2 : 9);
    rows.push(...more);
    for (const [name, value] of Object.entries(ratios)) found[name] = [...(found[name] ?? []), value];
  }
  const means = Object.entries(found).map(([name, values]) => [name, geometricMean(values)]);
  return { rows, ratios: Object.fromEntries(means) };
}

function benchShape(
  engines: Engines,
  [batch, height, width, channels, filters]: (typeof shapes | typeof tiny)[number],
  rounds: number,
): Findings {
  const x = tf.randomNormal<tf.Rank.R4>([batch, height, width, channels]);
  const w = tf.randomNormal<tf.Rank.R4>([3, 3, channels, filters]);
  const dy = tf.randomNormal<tf.Rank.R4>([batch, height, width, filters]);
  const dns = tf.randomNormal([batch, height, width, 9]);
  const uns = tf.randomNormal([batch, height, width, 9, 9]);
  const convolve = (...[x, w, m]: tf.Tensor[]) =>
    similarityConv2d(x as tf.Tensor4D, w as tf.Tensor4D, m ?? null, { pad: 'same' });
  const forward = (m?: tf.Tensor) => () => void tf.tidy(() => void convolve(x, w, ...(m ? [m] : [])));
  const train = (m?: tf.Tensor) => () =>
    void tf.tidy(() => void tf.grads(convolve)(m ? [x, w, m] : [x, w], dy));
  const before = (name: string) => engines.use(name.startsWith('foundation') ? 'foundation' : 'neusim');
  const forwards = measure({ plain: forward(), dns: forward(dns), uns: forward(uns) }, { rounds, before });
  const trains = measure(
    {
      plain: train(),
      dns: train(dns),
      uns: train(uns),
      foundationPlain: train(),
      foundationDns: train(dns),
    },
    { rounds, before },
  );
  tf.dispose([x, w, dy, dns, uns]);

  const gflop = (2 * batch * height * width * 9 * channels * filters) / 1e9;
  const name = `conv ${[batch, height, width, channels, filters].join('×')}`;
  const rowOf = (what: string, engine: string, times: readonly number[], work: number) =>
    row(`${name} ${what}`, engine, times, work, 'GFLOP/s', heapBytes());
  return {
    rows: [
      rowOf('plain forward', 'neusim', forwards.plain, gflop),
      rowOf('dns forward', 'neusim', forwards.dns, gflop),
      rowOf('uns forward', 'neusim', forwards.uns, gflop),
      rowOf('plain train', 'neusim', trains.plain, 3 * gflop),
      rowOf('dns train', 'neusim', trains.dns, 3 * gflop),
      rowOf('uns train', 'neusim', trains.uns, 3 * gflop),
      rowOf('plain train', 'foundation', trains.foundationPlain, 3 * gflop),
      rowOf('dns train', 'foundation', trains.foundationDns, 3 * gflop),
    ],
    ratios: {
      convTrainVsFoundation: ratio(trains.plain, trains.foundationPlain),
      dnsTrainVsFoundation: ratio(trains.dns, trains.foundationDns),
      dnsForwardVsConv: ratio(forwards.dns, forwards.plain),
      dnsTrainVsConv: ratio(trains.dns, trains.plain),
      unsForwardVsConv: ratio(forwards.uns, forwards.plain),
      unsTrainVsConv: ratio(trains.uns, trains.plain),
    },
  };
}
