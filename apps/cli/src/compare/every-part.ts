// The variants of `neusim compare --all`: one for every similarity, shape, predictor and operator that is listed.

import { splitPart } from '@neusim/models';
import { type AnyRegistry, type Kind, NeusimError } from '@neusim/registry';
import type { TrainConfigInput } from '@neusim/train';
import type { Source } from './plan';

/** What a model is told so that a part of each kind is what it differs in. */
const choices: readonly (readonly [Kind, (name: string) => Record<string, unknown>])[] = [
  ['similarity', (name) => ({ similarity: name })],
  ['shape', (name) => ({ similarity: 'inner-product', shape: name })],
  ['predictor', (name) => ({ similarity: 'dynamic-dns', predictor: name })],
  ['operator', (name) => ({ operator: name })],
];

/** The options that these variants are made of: those of a config's model give way to them. */
const varied = ['similarity', 'shape', 'predictor', 'parameterization', 'operator'];

/**
 * The plain convolution first, as what all others are compared with; the shape `full` is the same network, and left out.
 * @throws NeusimError CLI_ALL_MODEL where the model has no similarities.
 */
export function everyPart(registry: AnyRegistry, { config }: Source): Source[] {
  const { name: model, options } = splitPart((config as unknown as TrainConfigInput).model);
  const kept = Object.fromEntries(Object.entries(options).filter(([option]) => !varied.includes(option)));
  try {
    registry.parse('model', model, { ...kept, similarity: 'inner-product' });
  } catch (cause) {
    if (!(cause instanceof NeusimError) || cause.code !== 'CONFIG_INVALID') throw cause;
    throw new NeusimError(
      'CLI_ALL_MODEL',
      `--all varies what the model '${model}' does not have: similarities`,
      {
        data: { model },
        hint: 'name a preset of a network with similarities, such as nsn-digits',
        cause,
      },
    );
  }
  const variants = choices.flatMap(([kind, choose]) =>
    registry
      .list(kind)
      .filter(({ name }) => !(kind === 'shape' && name === 'full'))
      .map(({ name }) => ({
        name: kind === 'similarity' ? name : `${kind} ${name}`,
        config: { ...config, model: { ...kept, name: model, ...choose(name) } },
      })),
  );
  const isPlain = ({ name }: Source) => name === 'inner-product';
  return [...variants.filter(isPlain), ...variants.filter((variant) => !isPlain(variant))];
}
