/** From parsed options to a `Model`, and the parts that its networks are built of. */
import type { Operator, Predictor, Shape, Similarity } from '@neusim/core';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { choosePredictor, type Parameterization } from './choose-predictor';
import type { Parts } from './convolution';
import { cosine, type Family } from './options';
import { makePart, type PartSpec, splitPart, withDefaults } from './part-spec';
import { buildStaged } from './staged';
import type { ImageShape, Model } from './types';

export interface PlainOptions {
  readonly inputShape: ImageShape;
  readonly classes: number;
  readonly width: number;
  readonly widths?: readonly number[] | undefined;
  readonly depth: number;
  readonly kernelSize: number;
  readonly normDecay: number;
  readonly seed: number;
}

/** Parts as options name them. */
export interface PartOptions {
  readonly similarity: PartSpec;
  readonly shape: PartSpec;
  readonly predictor?: PartSpec | undefined;
  readonly parameterization?: Parameterization | undefined;
  readonly operator?: PartSpec | undefined;
}

export interface SimilarityOptions extends PlainOptions, PartOptions {}

/** A network of plain convolutions. */
export function plainModel(name: string, family: Family, options: PlainOptions): Model {
  return stagedModel(name, family, options, () => ({}));
}

/** A network whose stages are similarity convolutions. */
export function similarityModel(
  name: string,
  family: Family,
  options: SimilarityOptions,
  registry: AnyRegistry,
): Model {
  return stagedModel(name, family, options, partsOf(registry, options, family.predictor));
}

/**
 * The parts of a network, to be made anew for each build: a shared predictor must not be shared by two networks. What the
 * registry refuses is refused here, not at the first build.
 * @param predictor options of the predictor, where they differ from its own defaults.
 */
export function partsOf(
  registry: AnyRegistry,
  options: PartOptions & Pick<PlainOptions, 'seed' | 'normDecay'>,
  predictor: Readonly<Record<string, unknown>> = {},
): () => Parts {
  const { seed, normDecay } = options;
  if (options.operator !== undefined) {
    requireAlone(options);
    const spec = withDefaults(registry, 'operator', options.operator, { seed, normDecay });
    const operator = makePart<Operator>(registry, 'operator', spec);
    return () => ({ operator });
  }
  const similarity = makePart<Similarity>(registry, 'similarity', options.similarity);
  const shapeSpec = withDefaults(registry, 'shape', options.shape, { seed });
  const shape = makePart<Shape>(registry, 'shape', shapeSpec);
  if (similarity.source !== 'predictor' && options.predictor === undefined)
    return () => ({ similarity, shape });
  const defaults = { seed, normDecay, ...predictor };
  const spec = choosePredictor(registry, options.predictor, options.parameterization, defaults);
  const make = () => makePart<Predictor>(registry, 'predictor', spec);
  make();
  return () => ({ similarity, shape, predictor: make() });
}

/** What the networks' similarities start from. */
const similarityStarts: readonly PartSpec[] = ['inner-product', 'dynamic-dns', cosine];

/** @throws NeusimError CONFIG_INVALID for another part beside an operator; what a similarity and a shape start from may stand. */
function requireAlone({ similarity, shape, predictor, parameterization }: PartOptions): void {
  const beside = Object.entries({
    similarity: isOneOf(similarity, similarityStarts) ? undefined : similarity,
    shape: isOneOf(shape, ['full']) ? undefined : shape,
    predictor,
    parameterization,
  }).find(([, given]) => given !== undefined);
  if (!beside) return;
  const [path, met] = beside;
  throw new NeusimError('CONFIG_INVALID', `${path} ${JSON.stringify(met)} does not fit beside an operator`, {
    data: { path, met },
    hint: `An operator is no choice of M: leave ${path} out, or the operator.`,
  });
}

/** Whether a part may be one that nobody gave: it is one of those that the families start from. */
const isOneOf = (spec: PartSpec, starts: readonly PartSpec[]) => {
  const text = (each: PartSpec) => JSON.stringify(splitPart(each));
  return starts.some((each) => text(each) === text(spec));
};

/** @param build a network of the options; `classes` of the model is 0 where it has no head. */
export function modelOf<O extends Pick<PlainOptions, 'inputShape' | 'classes'> & { readonly head?: string }>(
  name: string,
  options: O,
  build: () => LayersModel,
): Model {
  const { inputShape, classes, head } = options;
  return Object.freeze({
    name,
    inputShape,
    classes: head === 'none' ? 0 : classes,
    options: Object.freeze({ ...options }),
    build,
  });
}

function stagedModel(
  name: string,
  { rootStride, stages }: Family,
  options: PlainOptions,
  parts: () => Parts,
): Model {
  const { inputShape, classes, width, depth, kernelSize, normDecay, seed } = options;
  const widths = options.widths ?? doubling(width, stages);
  const net = { name, inputShape, classes, widths, depth, kernelSize, rootStride, normDecay, seed };
  return modelOf(name, options, () => buildStaged({ ...net, parts: parts() }));
}

/** `width`, twice that, … for so many stages. */
export function doubling(width: number, stages: number): number[] {
  return Array.from({ length: stages }, (_, stage) => width * 2 ** stage);
}
