/** Which predictor a network's dynamic layers have, and whether they have one between them (method: §4, §5). */
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import { type PartSpec, splitPart, withDefaults } from './part-spec';

export type Parameterization = 'disjoint' | 'shared';

/** The predictor of @neusim/hypernet whose layers are made once and used by every layer it serves. */
const SHARED = 'shared';

/**
 * The spec of the predictor to make for each build: `sphere`, or `shared` for the shared parameterization, unless
 * the options name another. Of the network's `defaults` (its seed, say) it gets those that are options of it and
 * that the spec leaves open.
 * @throws NeusimError CONFIG_INVALID where the predictor and the parameterization contradict each other.
 */
export function choosePredictor(
  registry: AnyRegistry,
  given: PartSpec | undefined,
  parameterization: Parameterization | undefined,
  defaults: Readonly<Record<string, unknown>>,
): PartSpec {
  const { name, options } = splitPart(given ?? (parameterization === SHARED ? SHARED : 'sphere'));
  const shares = name === SHARED;
  if (parameterization && shares !== (parameterization === SHARED))
    throw new NeusimError(
      'CONFIG_INVALID',
      `predictor '${name}' does not fit the parameterization '${parameterization}'`,
      {
        data: { path: 'predictor', met: name, parameterization },
        hint: `The shared parameterization has the predictor '${SHARED}'; leave one of the two options out.`,
      },
    );
  return withDefaults(registry, 'predictor', { name, ...options }, defaults);
}
