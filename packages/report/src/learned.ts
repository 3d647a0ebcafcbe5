// From what a network is found to have learned to what a page shows of it, bounded in size.

import { pictureOf } from './picture';
import { round, staticMatrices } from './static-matrices';
import type { Learned, PredictedMatrix, Spread } from './types';

/** A layer as `inspectSimilarity` of @neusim/train tells it. */
export interface InspectedLayer {
  readonly layer: string;
  readonly kernel: readonly [number, number];
  readonly form: 'none' | 'diagonal' | 'full' | 'grouped' | 'bilinear' | (string & {});
  /** [K], [K,K], [groups,K,K] or [K·C,K·C] with value k·C + c for channel c of tap k. */
  readonly matrix: readonly number[] | null;
  readonly mask: readonly number[] | null;
  readonly predicted: {
    readonly height: number;
    readonly width: number;
    readonly values: readonly number[];
    readonly spread: Spread;
  } | null;
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

export function learnedOf({ layers, sample }: InspectedParts): Learned {
  const { shape, pixels, label, predicted } = sample;
  return {
    matrices: layers.flatMap(staticMatrices),
    shapes: layers.flatMap(({ layer, kernel, mask }) => (mask ? { layer, kernel, mask } : [])),
    dynamic: layers.flatMap((each) => predictedMatrix(each) ?? []),
    spread: layers.flatMap((each) => each.predicted?.spread ?? []),
    sample: { picture: pictureOf(pixels, shape), label, predicted },
  };
}

function of({ layer, kernel, form }: InspectedLayer) {
  return { layer, kernel, form: form === 'full' ? ('full' as const) : ('diagonal' as const) };
}

function predictedMatrix(inspected: InspectedLayer): PredictedMatrix | null {
  const { predicted, kernel } = inspected;
  if (!predicted) return null;
  const { form } = of(inspected);
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
  return { ...of(inspected), height, width, positions: [predicted.height, predicted.width], values };
}
