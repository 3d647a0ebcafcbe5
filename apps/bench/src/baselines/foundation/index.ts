/**
 * The engine as it was when NeuSim was founded (0.1.0): everything composed from tfjs-wasm's own fast kernels. A
 * frozen copy, that later engines are measured against: nothing here follows the packages, and nothing here is to
 * be made faster.
 */
import * as tf from '@tensorflow/tfjs-core';
import { batchMatMul } from './batch-mat-mul';
import { batchNorm, batchNormGrad } from './batch-norm';
import { convBackpropFilter, convBackpropInput, convForward } from './convolution';
import { fromConvInfo, type Geometry } from './geometry';
import { cast, identity } from './identity';
import { composed, type Override } from './override';
import { padV2 } from './pad';
import { seamAvgPoolGrad, seamMaxPoolGrad } from './pool-gradients';
import { mean, sum } from './reduce';
import {
  similarityBackprop,
  similarityBackpropFilter,
  similarityBackpropInput,
  similarityBackpropSimilarity,
  similarityForward,
} from './similarity';
import { slice, splitV } from './slice';

type Four = [number, number, number, number];
type Inputs = Readonly<Record<'x' | 'w' | 'm' | 'dy' | 'filter', tf.Tensor4D>>;

const seam = <A extends { g: Geometry }>(
  name: string,
  compute: (inputs: Inputs, attrs: A) => tf.Tensor | tf.Tensor[],
): Override => composed<A>(`Neusim${name}`, (inputs, attrs) => compute(inputs as Inputs, attrs));

interface ConvGradAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number;
  readonly filterShape: Four;
  readonly inputShape: Four;
}

const geometry = (input: Four, filter: Four, { strides, pad }: ConvGradAttrs) =>
  fromConvInfo(tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad));

export const foundation: readonly Override[] = [
  identity,
  cast,
  slice,
  splitV,
  padV2,
  sum,
  mean,
  batchMatMul,
  seamMaxPoolGrad,
  seamAvgPoolGrad,
  composed<ConvGradAttrs>(tf.Conv2DBackpropFilter, (inputs, attrs) => {
    const { x, dy } = inputs as Inputs;
    return convBackpropFilter(x, dy, geometry(x.shape, attrs.filterShape, attrs));
  }),
  composed<ConvGradAttrs>(tf.Conv2DBackpropInput, (inputs, attrs) => {
    const { dy, filter } = inputs as Inputs;
    return convBackpropInput(filter, dy, geometry(attrs.inputShape, filter.shape, attrs));
  }),
  composed('NeusimBatchNormTraining', batchNorm),
  composed('NeusimBatchNormTrainingGrad', batchNormGrad),
  seam('Conv2D', ({ x, w }, { g }) => convForward(x, w, g)),
  seam('Conv2DBackpropInput', ({ w, dy }, { g }) => convBackpropInput(w, dy, g)),
  seam('Conv2DBackpropFilter', ({ x, dy }, { g }) => convBackpropFilter(x, dy, g)),
  seam('SimilarityConv2D', ({ x, w, m }, { g }) => similarityForward(x, w, m, g)),
  seam('SimilarityConv2DBackpropInput', ({ w, m, dy }, { g }) => similarityBackpropInput(w, m, dy, g)),
  seam('SimilarityConv2DBackpropFilter', ({ x, m, dy }, { g }) => similarityBackpropFilter(x, m, dy, g)),
  seam<{ g: Geometry; mShape: readonly number[] }>(
    'SimilarityConv2DBackpropSimilarity',
    ({ x, w, dy }, { g, mShape }) => similarityBackpropSimilarity(x, w, dy, mShape, g),
  ),
  seam('SimilarityConv2DBackprop', ({ x, w, m, dy }, { g }) => similarityBackprop(x, w, m, dy, g)),
];
