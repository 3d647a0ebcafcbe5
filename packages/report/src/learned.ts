// From what a network is found to have learned to what a page shows of it, bounded in size.

import { gridOf, round } from './grid';
import { pictureOf } from './picture';
import type { Learned, PredictedMatrix, SamplingPlaces, Spread, StaticMatrix } from './types';

/** Values of a map. */
export interface InspectedMap {
  readonly height: number;
  readonly width: number;
  /** [height, width, n] */
  readonly values: readonly number[];
}

/** A layer as `inspectSimilarity` of @neusim/train tells it. */
export interface InspectedLayer {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  readonly form: 'none' | StaticMatrix['form'];
  readonly matrix: readonly number[] | null;
  readonly mask: readonly number[] | null;
  readonly sampling?:
    | (Pick<SamplingPlaces, 'input' | 'output' | 'strides' | 'pad' | 'dilations' | 'groups'> & {
        readonly offsets: InspectedMap | null;
        readonly modulation: InspectedMap | null;
      })
    | null;
  readonly predicted: (InspectedMap & { readonly spread: Spread }) | null;
}

/** As `learnedParts` of @neusim/train gives them. */
export interface InspectedParts {
  readonly layers: readonly InspectedLayer[];
  readonly sample: {
    readonly shape: readonly [height: number, width: number, channels: number];
    readonly pixels: ArrayLike<number>;
    readonly label: string;
    readonly predicted: string;
  };
}

/** Positions to a side of a predicted M that are kept. */
const MOST_POSITIONS = 32;

/** Values of offsets that a report keeps of a layer. */
const MOST_OFFSETS = 2048;

export function learnedOf({ layers, sample }: InspectedParts): Learned {
  const { shape, pixels, label, predicted } = sample;
  return {
    matrices: layers.flatMap((each) => staticMatrix(each) ?? []),
    shapes: layers.flatMap((each) => learnedShape(each) ?? []),
    sampling: layers.flatMap((each) => samplingPlaces(each, MOST_OFFSETS) ?? []),
    dynamic: layers.flatMap((each) => predictedMatrix(each) ?? []),
    spread: layers.flatMap((each) => each.predicted?.spread ?? []),
    sample: { picture: pictureOf(pixels, shape), label, predicted },
  };
}

/** Null where M is no weight. */
export function staticMatrix({ layer, kernel, form, matrix }: InspectedLayer): StaticMatrix | null {
  return matrix && form !== 'none'
    ? { layer, kernel, form, values: matrix.map((value) => round(value)) }
    : null;
}

/** Null where every tap is there. */
export function learnedShape({ layer, kernel, mask }: InspectedLayer) {
  return mask ? { layer, kernel, mask: mask.map((value) => round(value)) } : null;
}

/** Null where taps read at their window's lattice. @param most values of offsets that are kept. */
export function samplingPlaces(
  { layer, kernel, mask, sampling }: InspectedLayer,
  most: number,
): SamplingPlaces | null {
  if (!sampling) return null;
  const { input, output, strides, pad, dilations, groups, offsets, modulation } = sampling;
  const taps = groups * kernel[0] * kernel[1];
  return {
    layer,
    kernel,
    ...{ input, output, strides, pad, dilations, groups, mask },
    offsets: offsets && gridOf(offsets, 2 * taps, most),
    // Half as many: of the same positions.
    modulation: modulation && gridOf(modulation, taps, most / 2),
  };
}

function predictedMatrix(inspected: InspectedLayer): PredictedMatrix | null {
  const { layer, predicted, kernel } = inspected;
  if (!predicted) return null;
  const form = inspected.form === 'full' ? 'full' : 'diagonal';
  const taps = kernel[0] * kernel[1];
  const centre = ((kernel[0] - 1) >> 1) * kernel[1] + ((kernel[1] - 1) >> 1);
  const [entries, first] = form === 'full' ? [taps * taps, centre * taps] : [taps, 0];
  const times = Math.max(1, Math.ceil(Math.max(predicted.height, predicted.width) / MOST_POSITIONS));
  const [height, width] = [Math.ceil(predicted.height / times), Math.ceil(predicted.width / times)];
  const values = Array.from({ length: height * width * taps }, (_, index) => {
    const tap = index % taps;
    const identity = form === 'diagonal' || tap === centre ? 1 : 0;
    const [y, x] = [Math.floor(index / taps / width) * times, (Math.floor(index / taps) % width) * times];
    let [sum, count] = [0, 0];
    for (let row = y; row < Math.min(y + times, predicted.height); row++)
      for (let column = x; column < Math.min(x + times, predicted.width); column++) {
        sum += predicted.values[(row * predicted.width + column) * entries + first + tap] as number;
        count++;
      }
    return round(sum / count - identity);
  });
  return { layer, kernel, form, height, width, positions: [predicted.height, predicted.width], values };
}
