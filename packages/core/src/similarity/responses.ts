/** The similarities that are not bilinear, by their options: each is loaded when it is first made. */
import { define } from '@neusim/registry';
import * as v from 'valibot';
import {
  ANGLES,
  type DecoupledOptions,
  type HypersphericalOptions,
  MAGNITUDES,
  type ResponseOptions,
  WITH_BETA,
  WITH_RADIUS,
} from '../response/options';
import { strictOptions } from '../strict-options';

const above0 = v.pipe(v.number(), v.finite(), v.gtValue(0));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const entries = {
  angle: v.optional(v.picklist(ANGLES), 'cosine'),
  k: v.optional(above0),
  epsilon: v.optional(v.pipe(v.number(), v.finite(), v.minValue(1e-8)), 1e-4),
  orthogonality: v.optional(amount, 0),
};

/** Refuses options that the others leave without a meaning: by key, who has one, and whether it is so. */
const only = <T extends object>(
  rules: { readonly [key in keyof T]?: readonly [string, (options: T) => boolean] },
) =>
  v.rawCheck<T>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const options = dataset.value;
    for (const [key, rule] of Object.entries(rules)) {
      const [owner, has] = rule as readonly [string, (options: T) => boolean];
      const value = options[key as keyof T];
      if (value === undefined || has(options)) continue;
      addIssue({
        message: `only ${owner} has one`,
        path: [
          {
            type: 'object',
            origin: 'value',
            input: options as unknown as Record<string, unknown>,
            key,
            value,
          },
        ],
      });
    }
  });

const sigmoidOnly = ["angle 'sigmoid'", ({ angle }: ResponseOptions) => angle === 'sigmoid'] as const;

export const hypersphericalDefinition = define({
  kind: 'similarity',
  name: 'hyperspherical',
  version: '1.0.0',
  summary: 'the angle between kernel and patch, and nothing else (SphereNet)',
  options: v.pipe(strictOptions(entries), only<HypersphericalOptions>({ k: sigmoidOnly })),
  load: () => import('./hyperspherical').then(({ hyperspherical }) => hyperspherical),
});

export const decoupledDefinition = define({
  kind: 'similarity',
  name: 'decoupled',
  version: '1.0.0',
  summary: "a function of the patch's norm times one of its angle to the kernel (DCNets)",
  options: v.pipe(
    strictOptions({
      ...entries,
      magnitude: v.optional(v.picklist(MAGNITUDES), 'tanh'),
      alpha: v.optional(above0, 1),
      beta: v.optional(amount),
      radius: v.optional(v.union([above0, v.literal('learned')], "allowed: 'learned', or a number above 0")),
      weighted: v.optional(
        v.union([v.literal(false), v.picklist(['linear', 'tanh'])], "allowed: false, 'linear', 'tanh'"),
        false,
      ),
      kernelRadius: v.optional(above0),
    }),
    only<DecoupledOptions>({
      k: sigmoidOnly,
      beta: [`magnitude ${WITH_BETA.join(', ')}`, ({ magnitude }) => WITH_BETA.includes(magnitude)],
      radius: [`magnitude ${WITH_RADIUS.join(', ')}`, ({ magnitude }) => WITH_RADIUS.includes(magnitude)],
      kernelRadius: ["weighted 'tanh'", ({ weighted }) => weighted === 'tanh'],
    }),
  ),
  load: () => import('./decoupled').then(({ decoupled }) => decoupled),
});
