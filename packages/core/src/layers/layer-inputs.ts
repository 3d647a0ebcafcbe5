/** What a neural similarity layer may be made of and applied to. */
import { NeusimError } from '@neusim/registry';
import type { Shape as TfShape } from '@tensorflow/tfjs-layers';
import type { Shape, Similarity } from '../parts';

/** @throws NeusimError LAYER_OPTIONS for a similarity or shape that is not one, such as its name alone. */
export function requireParts(similarity: Similarity, shape: Shape): void {
  const parts = [
    ['similarity', similarity, typeof similarity?.toM === 'function'],
    ['shape', shape, typeof shape?.weights === 'function'],
  ] as const;
  for (const [kind, given, isOne] of parts)
    if (!isOne)
      throw new NeusimError('LAYER_OPTIONS', `${JSON.stringify(given)} is no ${kind}`, {
        data: { kind, given },
        hint: `Make it by its name: registry.make('${kind}', …).`,
      });
}

/**
 * The shapes of x and, where the similarity is dynamic, of the predicted z.
 * @throws NeusimError LAYER_INPUT for another number of inputs.
 */
export function inputShapes(
  layer: string,
  { name, source }: Similarity,
  inputShape: TfShape | TfShape[],
): [TfShape, TfShape | undefined] {
  const shapes = Array.isArray(inputShape[0]) ? (inputShape as TfShape[]) : [inputShape as TfShape];
  const wanted = source === 'predictor' ? 2 : 1;
  if (shapes.length !== wanted)
    throw new NeusimError(
      'LAYER_INPUT',
      `layer ${layer} (${name}) takes ${wanted} input${wanted > 1 ? 's' : ''}, not ${shapes.length}`,
      {
        data: { layer, inputs: shapes },
        hint:
          wanted > 1
            ? 'Apply it to [x, predictor.apply(x)], or use neuralSimilarity(x, spec).'
            : 'Apply it to x.',
      },
    );
  return [shapes[0] as TfShape, shapes[1]];
}

/**
 * @param grid [B,H',W'] of the layer's output; null where a size is open.
 * @throws NeusimError LAYER_INPUT for a z that is neither [B,H',W',channels] nor [B,1,1,channels].
 */
export function requirePredicted(
  layer: string,
  similarity: Similarity,
  taps: number,
  [, height, width]: readonly [number | null, number | null, number | null],
  z: TfShape,
): void {
  const channels = similarity.channels(taps);
  const wanted = [height, width, channels];
  const fits = (sizes: (number | null)[]) =>
    z.length === 4 && sizes.every((size, i) => size === null || z[i + 1] === null || z[i + 1] === size);
  if (fits(wanted) || fits([1, 1, channels])) return;
  throw new NeusimError(
    'LAYER_INPUT',
    `layer ${layer} (${similarity.name}, ${taps} taps) takes predicted values [B,${wanted}], not [${z}]`,
    {
      data: { layer, predicted: z, wanted },
      hint: `The predictor works on the layer's output grid, or gives one value for all of it ([B,1,1,${channels}]).`,
    },
  );
}
