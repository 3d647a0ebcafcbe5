/**
 * `involution` (Li et al. 2021): the inverse of a convolution. Its kernel is another at each position, and the same for all
 * channels of a group. A small network makes it from the one pixel at the position:
 *
 *     y[i,j,c] = Σₖ H[i,j,g(c),k]·x[patch k, c],   H = span(ReLU(BN(reduce(x[i,j]))))
 *
 * reduce is 1×1 from C to C/r channels, span 1×1 to G·K, with a bias. At strides above 1 the network sees the mean of a
 * cell of pixels, as large as the stride, in which the window's centre lies: the authors' average pooling.
 */
import {
  BatchNorm,
  type Conv2DArgs,
  type Geometry,
  neuralSimilarity,
  type Operator,
  registerLayer,
} from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dense, relu } from '../image-network';
import { registerPredictorLayers } from '../network';
import { Involution2D, type InvolutionOptions } from './involution-2d';

const version = '1.0.0';

/**
 * An operator without a kernel of its own: the layer's `kernelInitializer` is that of the projection.
 *
 * Its `apply` throws NeusimError LAYER_OPTIONS for channels that `groupChannels` does not divide, and for other filters than
 * channels where `projection` is off; LAYER_INPUT for a map of unknown size.
 */
export function involution(options: InvolutionOptions): Operator {
  registerPredictorLayers();
  registerLayer(Involution2D);
  const operator: Operator = Object.freeze<Operator>({
    name: 'involution',
    version,
    options: { ...options },
    apply(given, args) {
      const { name, kernelInitializer = 'heNormal', kernelRegularizer, ...rest } = args;
      const layer = new Involution2D({ ...rest, name, operator });
      if (given.shape[1] === null || given.shape[2] === null)
        throw new NeusimError('LAYER_INPUT', `layer ${name} needs a known input size, not [${given.shape}]`, {
          data: { layer: name, inputShape: given.shape },
          hint: 'Give the input height, width and channels.',
        });
      // All that is refused is refused here: layers that are applied have weights, which nobody would dispose of.
      const g = layer.geometry([...given.shape.slice(0, 3), args.filters]);
      const groups = layer.groups(args.filters);
      const x =
        args.filters === given.shape[3]
          ? given
          : project(given, { name, filters: args.filters, kernelInitializer, kernelRegularizer }, options);
      const prefix = `${name}_predictor`;
      const { reduction, batchNorm, normDecay } = options;
      const inner = Math.max(1, Math.floor(g.channels / reduction));
      const seen = cells(x, g, args.padding, prefix);
      const reduced = dense(seen, inner, `${prefix}_reduce`, { ...options, useBias: !batchNorm });
      const norm = new BatchNorm({ name: `${prefix}_bn`, momentum: normDecay });
      const normed = batchNorm ? (norm.apply(reduced) as SymbolicTensor) : reduced;
      const hidden = relu(normed, `${prefix}_relu`);
      const kernels = dense(hidden, groups * g.taps, `${prefix}_span`, options);
      return layer.apply([x, kernels]) as SymbolicTensor;
    },
  });
  return operator;
}

type Projection = Pick<Conv2DArgs, 'filters' | 'kernelInitializer' | 'kernelRegularizer'> & { name: string };

function project(
  x: SymbolicTensor,
  { name, filters, ...kernel }: Projection,
  { projection }: InvolutionOptions,
): SymbolicTensor {
  if (!projection)
    throw new NeusimError(
      'LAYER_OPTIONS',
      `layer ${name}: an involution of ${x.shape[3]} channels gives as many, not ${filters}`,
      {
        data: { layer: name, channels: x.shape[3], filters },
        hint: `Give filters: ${x.shape[3]}, or projection: true for a 1×1 convolution before it.`,
      },
    );
  const given = Object.fromEntries(Object.entries(kernel).filter(([, value]) => value !== undefined));
  return neuralSimilarity(x, {
    ...given,
    name: `${name}_projection`,
    filters,
    kernelSize: 1,
    useBias: false,
  });
}

/** What the network sees for each position of the output: the pixel, or the mean of the stride's cell around it. */
function cells(x: SymbolicTensor, g: Geometry, padding: string | undefined, name: string): SymbolicTensor {
  const axis = (size: number, out: number, stride: number, centre: number) => {
    const first = padding === 'same' ? 0 : Math.max(0, centre - ((stride - 1) >> 1));
    return [first, Math.max(0, size - first - out * stride)] as [number, number];
  };
  const [[down, across], [row, column]] = [g.strides, g.centre];
  const cropping = [axis(g.height, g.outHeight, down, row), axis(g.width, g.outWidth, across, column)];
  const isWhole = cropping.flat().every((n) => n === 0);
  const crop = layers.cropping2D({ name: `${name}_crop`, cropping: cropping as never });
  const cropped = isWhole ? x : (crop.apply(x) as SymbolicTensor);
  if (down === 1 && across === 1) return cropped;
  const [poolSize, strides] = [[down, across] as [number, number], [down, across] as [number, number]];
  const pool = layers.averagePooling2d({ name: `${name}_cell`, poolSize, strides, padding: 'same' });
  return pool.apply(cropped) as SymbolicTensor;
}
