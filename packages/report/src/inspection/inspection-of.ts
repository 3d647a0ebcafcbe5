// From what a network is found to be to what a page shows of it, bounded in size.

import { gridOf, round } from '../grid';
import { type InspectedLayer, learnedShape, samplingPlaces, staticMatrix } from '../learned';
import { pictureOf } from '../picture';
import type {
  DynamicMatrix,
  InspectedSimilarity,
  Inspection,
  InspectionCost,
  InspectionLayer,
  InspectionSample,
} from './types';

/** A network as `inspectModel` of @neusim/train tells it. */
export interface InspectedNetwork {
  readonly layers: readonly (Pick<
    InspectionLayer,
    'layer' | 'type' | 'kernel' | 'operator' | 'spectra' | 'response'
  > & {
    readonly similarity:
      | (InspectedLayer & {
          readonly similarity: string;
          readonly shape: string;
          readonly predictor: string | null;
          readonly options: InspectedSimilarity['options'];
        })
      | null;
  })[];
  readonly costs: readonly InspectionCost[];
}

/** What is said of it besides. */
export interface InspectionWords extends Pick<Inspection, 'title' | 'summary' | 'facts' | 'notes'> {
  readonly sample:
    | (Omit<InspectionSample, 'picture'> & {
        readonly shape: readonly [height: number, width: number, channels: number];
        /** [height, width, channels], 0..255. */
        readonly pixels: ArrayLike<number>;
      })
    | null;
}

/** Values of maps that are kept of a network, and of a layer: a page of them has some 3 MB at most. */
const MOST_VALUES = 400_000;
const MOST_OF_LAYER = 32_768;
/** Pixels of the picture's longer side. */
const MOST_PIXELS = 256;

export function inspectionOf(found: InspectedNetwork, words: InspectionWords): Inspection {
  const maps = found.layers.flatMap(({ similarity }) => [
    ...(similarity?.predicted ? [1] : []),
    ...(similarity?.sampling?.offsets ? [1] : []),
  ]).length;
  const most = Math.min(MOST_OF_LAYER, Math.floor(MOST_VALUES / Math.max(1, maps)));
  const { sample, ...rest } = words;
  const parameters = found.costs.reduce((sum, cost) => sum + cost.parameters, 0);
  const isKnown = found.costs.every(({ multiplyAdds }) => multiplyAdds !== null);
  return {
    format: 'neusim-inspection',
    version: 1,
    ...rest,
    sample: sample && {
      picture: pictureOf(sample.pixels, sample.shape, MOST_PIXELS),
      from: sample.from,
      label: sample.label,
      predicted: sample.predicted,
    },
    layers: found.layers.map((layer) => ({ ...layer, similarity: similarityOf(layer.similarity, most) })),
    costs: found.costs,
    totals: {
      parameters,
      multiplyAdds: isKnown
        ? found.costs.reduce((sum, { multiplyAdds }) => sum + (multiplyAdds ?? 0), 0)
        : null,
    },
  };
}

function similarityOf(
  found: InspectedNetwork['layers'][number]['similarity'],
  most: number,
): InspectedSimilarity | null {
  if (!found) return null;
  const { similarity: name, shape, predictor, options } = found;
  return {
    ...{ name, shape, predictor, options },
    matrix: staticMatrix(found),
    mask: learnedShape(found),
    sampling: samplingPlaces(found, most),
    dynamic: dynamicMatrix(found, most),
  };
}

function dynamicMatrix(
  { layer, kernel, form, predicted }: InspectedLayer,
  most: number,
): DynamicMatrix | null {
  if (!predicted) return null;
  const { spread, ...map } = predicted;
  const isFull = form === 'full';
  const taps = kernel[0] * kernel[1];
  return {
    layer,
    kernel,
    form: isFull ? 'full' : 'diagonal',
    // Of M near I, what differs is small: all that float32 has.
    ...gridOf(map, isFull ? taps * taps : taps, most, 8),
    spread: {
      layer,
      positions: round(spread.positions),
      images: round(spread.images),
      fromIdentity: round(spread.fromIdentity),
    },
  };
}
