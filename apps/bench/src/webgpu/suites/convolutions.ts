/** One convolution at a time: plain and with every form of m, ours beside tfjs's kernels and the compositions. */
import * as tf from '@tensorflow/tfjs-core';
import { authorsDns } from '../../baselines/authors';
import { meanRatios, ratio } from '../../measure';
import type { Findings } from '../../report';
import { type ConvShape, convTensors, gflop, nameOf, passes } from '../../suites/shapes';
import type { GpuEngineName, GpuEngines } from '../engines';
import { fastest, type GpuVariant, measureGpu, perBackend } from '../measure';
import { computeRow } from '../rows';
import { convShapesFor, sizesNote } from '../speed';

type Pass = 'forward' | 'train';

export async function benchGpuConvolutions(engines: GpuEngines): Promise<Findings> {
  const found = [];
  for (const shape of convShapesFor(engines.speed)) found.push(await benchShape(engines, shape));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.map(({ ratios }) => ratios)),
    each: Object.fromEntries(found.map(({ name, ratios }) => [name, ratios])),
    notes: sizesNote(engines.speed),
  };
}

async function benchShape(engines: GpuEngines, shape: ConvShape) {
  const forward = await benchPass(engines, shape, 'forward');
  const train = await benchPass(engines, shape, 'train');
  return {
    name: nameOf(shape),
    rows: [...forward.rows, ...train.rows],
    ratios: {
      dnsForwardVsConv: ratio(forward.dns, forward.plain),
      dnsTrainVsConv: ratio(train.dns, train.plain),
      unsForwardVsConv: ratio(forward.uns, forward.plain),
      unsTrainVsConv: ratio(train.uns, train.plain),
      convForwardVsStock: ratio(forward.ours, forward.stock),
      convTrainVsStock: ratio(train.ours, train.stock),
      composedVsDns: ratio(train.composed, train.dns),
      authorsVsDns: ratio(train.authors, train.dns),
      trainMemoryVsConv: train.dns.peakBytes / Math.min(train.ours.peakBytes, train.stock.peakBytes),
    },
  };
}

async function benchPass(engines: GpuEngines, shape: ConvShape, pass: Pass) {
  const { batch, height, width, kernel } = shape;
  const taps = kernel ** 2;
  const given = perBackend(() => ({
    ...convTensors(shape),
    dns: tf.randomNormal([batch, height, width, taps], 0, 1, 'float32', 4),
    uns: tf.randomNormal([batch, height, width, taps, taps], 0, 1, 'float32', 5),
    dnsByImage: tf.randomNormal([batch, 1, 1, taps], 0, 1, 'float32', 6),
    unsByPosition: tf.randomNormal([1, height, width, taps, taps], 0, 1, 'float32', 7),
  }));
  type Form = 'dns' | 'uns' | 'dnsByImage' | 'unsByPosition';
  const on = (engine: GpuEngineName, form?: Form, convolve?: Parameters<typeof passes>[2]): GpuVariant => ({
    engine,
    prepare: () => passes(given.current(), form && given.current()[form], convolve)[pass],
  });
  const authors: typeof authorsDns = (x, w, m) => tf.tidy(() => authorsDns(x, w, m));
  const { speed, facts } = engines;
  const rounds = speed.quick || speed.software ? 2 : 9;
  const samples = await measureGpu(
    engines,
    {
      ours: on('neusim'),
      stock: on('stock', undefined, (x, w) => tf.conv2d(x, w, 1, 'same')),
      dns: on('neusim', 'dns'),
      dnsByImage: on('neusim', 'dnsByImage'),
      uns: on('neusim', 'uns'),
      unsByPosition: on('neusim', 'unsByPosition'),
      composed: on('composed', 'dns'),
      stockDns: on('stock', 'dns'),
      authors: on('stock', 'dns', authors as Parameters<typeof passes>[2]),
      authorsOnOurs: on('neusim', 'dns', authors as Parameters<typeof passes>[2]),
    },
    rounds,
  );
  given.each((tensors) => tf.dispose(tensors as unknown as tf.TensorContainer));
  const tflop = ((pass === 'forward' ? 1 : 3) * gflop(shape)) / 1000;
  const rowOf = (what: string, sample: (typeof samples)['ours']) =>
    computeRow(facts, `${nameOf(shape)}, ${what}`, sample, tflop);
  return {
    ...samples,
    /** The fastest plain convolution at hand. */
    plain: fastest([samples.ours, samples.stock]),
    rows: [
      rowOf(`plain ${pass}`, samples.stock),
      rowOf(`plain ${pass}`, samples.ours),
      rowOf(`DNS ${pass}`, samples.stockDns),
      rowOf(`DNS ${pass}`, samples.composed),
      rowOf(`DNS ${pass}`, samples.dns),
      rowOf(`DNS, m by image, ${pass}`, samples.dnsByImage),
      rowOf(`UNS ${pass}`, samples.uns),
      rowOf(`UNS, m by position, ${pass}`, samples.unsByPosition),
      rowOf(`DNS ${pass}, the authors'`, samples.authors),
      rowOf(`DNS ${pass}, the authors'`, samples.authorsOnOurs),
    ],
  };
}
