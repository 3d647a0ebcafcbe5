/** From a family of staged networks and its parsed options to a `Model`. */
import type { Operator, Predictor, Shape, Similarity } from '@neusim/core';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { choosePredictor, type Parameterization } from './choose-predictor';
import { type Family, similarityEntries } from './options';
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

export interface SimilarityOptions extends PlainOptions {
  readonly similarity: PartSpec;
  readonly shape: PartSpec;
  readonly predictor?: PartSpec | undefined;
  readonly parameterization?: Parameterization | undefined;
  readonly operator?: PartSpec | undefined;
}

/** A network of plain convolutions. */
export function plainModel(name: string, family: Family, options: PlainOptions): Model {
  return modelOf(name, family, options, () => ({}));
}

/**
 * A network whose stages are similarity convolutions. Parts are refused here, not at the first build; predictors
 * are made anew for each build, as a shared one must not be shared by two networks.
 */
export function similarityModel(
  name: string,
  family: Family,
  options: SimilarityOptions,
  registry: AnyRegistry,
): Model {
  const { seed, normDecay } = options;
  if (options.operator !== undefined) {
    requireAlone(options);
    const spec = withDefaults(registry, 'operator', options.operator, { seed, normDecay });
    const operator = makePart<Operator>(registry, 'operator', spec);
    return modelOf(name, family, options, () => ({ operator }));
  }
  const similarity = makePart<Similarity>(registry, 'similarity', options.similarity);
  const shape = makePart<Shape>(registry, 'shape', options.shape);
  const wantsPredictor = similarity.source === 'predictor' || options.predictor !== undefined;
  if (!wantsPredictor) return modelOf(name, family, options, () => ({ similarity, shape }));
  const defaults = { seed, normDecay, ...family.predictor };
  const spec = choosePredictor(registry, options.predictor, options.parameterization, defaults);
  const predictor = () => makePart<Predictor>(registry, 'predictor', spec);
  predictor();
  return modelOf(name, family, options, () => ({ similarity, shape, predictor: predictor() }));
}

/** @throws NeusimError CONFIG_INVALID for another part beside an operator; what a similarity and a shape start from may stand. */
function requireAlone({ similarity, shape, predictor, parameterization }: SimilarityOptions): void {
  const beside = Object.entries({
    similarity: same(similarity, similarityEntries.similarity.default) ? undefined : similarity,
    shape: same(shape, similarityEntries.shape.default) ? undefined : shape,
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

const same = (spec: PartSpec, name: unknown) => {
  const { name: given, options } = splitPart(spec);
  return given === name && Object.keys(options).length === 0;
};

function modelOf(
  name: string,
  { rootStride, stages }: Family,
  options: PlainOptions,
  parts: () => Pick<Parameters<typeof buildStaged>[0], 'similarity' | 'shape' | 'predictor' | 'operator'>,
): Model {
  const { inputShape, classes, width, depth, kernelSize, normDecay, seed } = options;
  const widths = options.widths ?? Array.from({ length: stages }, (_, stage) => width * 2 ** stage);
  const net = { name, inputShape, classes, widths, depth, kernelSize, rootStride, normDecay, seed };
  return Object.freeze({
    name,
    inputShape,
    classes,
    options: Object.freeze({ ...options }),
    build: () => buildStaged({ ...net, ...parts() }),
  });
}
