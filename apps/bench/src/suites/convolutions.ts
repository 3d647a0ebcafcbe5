/** One convolution at a time: plain, and with a similarity m of every form that a layer may be given. */
import { similarityConv2d } from '@neusim/core';
import { convolutionForward, ndArray, relativeError } from '@neusim/testing';
import * as tf from '@tensorflow/tfjs-core';
import { authorsDns } from '../baselines/authors';
import type { Engines } from '../engines';
import { meanRatios, measure, ratio, type Sample } from '../measure';
import { type Findings, row } from '../report';
import {
  type ConvShape,
  type ConvTensors,
  convShape,
  convTensors,
  gflop,
  nameOf,
  passes,
  ratioShapes,
} from './shapes';

/** Those of the ratios, and one with a larger window. */
const shapes = [...ratioShapes, convShape(32, 16, 64, 64, 5)];
const tiny = [convShape(2, 4, 4, 4), convShape(2, 5, 3, 2, 5)];

export function benchConvolutions(engines: Engines, quick: boolean): Findings {
  const found = (quick ? tiny : shapes).map((shape) => ({ shape, ...benchShape(engines, shape, quick) }));
  return {
    rows: found.flatMap(({ rows }) => rows),
    ratios: meanRatios(found.filter(({ shape }) => shape.kernel === 3).map(({ ratios }) => ratios)),
  };
}

function benchShape(engines: Engines, shape: ConvShape, quick: boolean): Findings {
  const { batch, height, width } = shape;
  const taps = shape.kernel ** 2;
  const tensors = convTensors(shape);
  const m = {
    dns: tf.randomNormal([batch, height, width, taps]),
    uns: tf.randomNormal([batch, height, width, taps, taps]),
    // One for each image, and one for each position.
    dnsByImage: tf.randomNormal([batch, 1, 1, taps]),
    unsByPosition: tf.randomNormal([1, height, width, taps, taps]),
  };
  const plain = passes(tensors);
  const dns = passes(tensors, m.dns);
  const uns = passes(tensors, m.uns);
  const byImage = passes(tensors, m.dnsByImage);
  const byPosition = passes(tensors, m.unsByPosition);
  const stock = passes(tensors, undefined, (x, w) => tf.conv2d(x, w, 1, 'same'));
  const authors = passes(tensors, m.dns, (x, w, m) => authorsDns(x, w, m as tf.Tensor4D));

  const at = <E extends string>(engine: E, variant: typeof plain, pass: keyof typeof plain) => ({
    engine,
    ...variant[pass],
  });
  const ourForms = (pass: keyof typeof plain) => ({
    plain: at('neusim', plain, pass),
    direct: at('neusim direct', plain, pass),
    fast: at('neusim fast', plain, pass),
    dns: at('neusim', dns, pass),
    uns: at('neusim', uns, pass),
    byImage: at('neusim', byImage, pass),
    byPosition: at('neusim', byPosition, pass),
  });
  const forward = measure(
    engines,
    { ...ourForms('forward'), stock: at('stock', stock, 'forward') },
    quick ? 2 : 7,
  );
  const train = measure(
    engines,
    { ...ourForms('train'), foundation: at('foundation', plain, 'train') },
    quick ? 2 : 5,
  );
  // Seconds a round: comparisons of their own.
  const slow = measure(
    engines,
    {
      dns: at('neusim', dns, 'train'),
      stock: at('stock', stock, 'train'),
      foundationDns: at('foundation', dns, 'train'),
      foundationUns: at('foundation', uns, 'train'),
    },
    2,
  );
  // The authors' code takes 3×3 windows alone.
  const nineFold =
    shape.kernel === 3
      ? measure(
          engines,
          {
            dns: at('neusim', dns, 'train'),
            authors: at('foundation', authors, 'train'),
            onOurs: at('neusim', authors, 'train'),
          },
          2,
        )
      : undefined;
  const errors = errorsOf(engines, tensors);
  tf.dispose([tensors.x, tensors.w, tensors.dy, ...Object.values(m)]);

  const rowOf = (what: string, sample: Sample, passes: 1 | 3, error?: number) => ({
    ...row(`${nameOf(shape)}, ${what}`, sample, passes * gflop(shape), 'GFLOP/s'),
    ...(error === undefined ? {} : { error }),
  });
  const ours = (found: Record<keyof ReturnType<typeof ourForms>, Sample>, what: string, passes: 1 | 3) => [
    rowOf(`plain ${what}`, found.plain, passes, passes === 1 ? errors.neusim : undefined),
    rowOf(`plain ${what}`, found.direct, passes, passes === 1 ? errors['neusim direct'] : undefined),
    rowOf(`plain ${what}`, found.fast, passes, passes === 1 ? errors['neusim fast'] : undefined),
    rowOf(`DNS ${what}`, found.dns, passes),
    rowOf(`DNS, m by image, ${what}`, found.byImage, passes),
    rowOf(`UNS ${what}`, found.uns, passes),
    rowOf(`UNS, m by position, ${what}`, found.byPosition, passes),
  ];
  return {
    rows: [
      rowOf('plain forward', forward.stock, 1, errors.stock),
      ...ours(forward, 'forward', 1),
      rowOf('plain train', slow.stock, 3),
      rowOf('plain train', train.foundation, 3),
      ...ours(train, 'train', 3),
      rowOf('DNS train', slow.foundationDns, 3),
      rowOf('UNS train', slow.foundationUns, 3),
      ...(nineFold ? [nineFold.authors, nineFold.onOurs] : []).map((sample) =>
        rowOf("DNS train, the authors'", sample, 3),
      ),
    ],
    ratios: {
      convForwardVsStock: ratio(forward.plain, forward.stock),
      convTrainVsFoundation: ratio(train.plain, train.foundation),
      dnsTrainVsFoundation: ratio(slow.dns, slow.foundationDns),
      dnsForwardVsConv: ratio(forward.dns, forward.direct),
      dnsTrainVsConv: ratio(train.dns, train.direct),
      unsForwardVsConv: ratio(forward.uns, forward.direct),
      unsTrainVsConv: ratio(train.uns, train.direct),
      ...(nineFold
        ? {
            authorsVsDns: ratio(nineFold.authors, nineFold.dns),
            authorsOnOurKernelsVsDns: ratio(nineFold.onOurs, nineFold.dns),
          }
        : {}),
      dnsPeakMemoryVsConv: peak(train.dns) / peak(train.direct),
      unsPeakMemoryVsConv: peak(train.uns) / peak(train.direct),
    },
  };
}

type ErrorEngine = 'stock' | 'neusim' | 'neusim direct' | 'neusim fast';

/** Of the forward pass of the whole batch, in its first image, against the loop in float64. */
function errorsOf(engines: Engines, { x, w }: ConvTensors): Readonly<Record<ErrorEngine, number>> {
  const image = tf.slice(x, [0, 0, 0, 0], [1, -1, -1, -1]);
  const expected = convolutionForward(
    { x: valuesOf(image), w: valuesOf(w), m: null },
    {
      strides: [1, 1],
      pad: 'same',
      dilations: [1, 1],
    },
  );
  image.dispose();
  const errorOf = (engine: ErrorEngine) => {
    engines.use(engine);
    const y = similarityConv2d(x, w, null, { pad: 'same' });
    const error = relativeError(y.dataSync().subarray(0, expected.data.length), expected.data);
    y.dispose();
    return error;
  };
  return {
    stock: errorOf('stock'),
    neusim: errorOf('neusim'),
    'neusim direct': errorOf('neusim direct'),
    'neusim fast': errorOf('neusim fast'),
  };
}

const valuesOf = (tensor: tf.Tensor) => ndArray(tensor.shape, tensor.dataSync());

const peak = ({ peakBytes }: Sample) => peakBytes as number;
