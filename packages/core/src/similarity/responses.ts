/** The similarities that are not bilinear, by their options: each is loaded when it is first made. */
import { define } from '@neusim/registry';
import * as v from 'valibot';
import { ANGLES, type Angle, MAGNITUDES, type Magnitude, WITH_BETA, WITH_RADIUS } from '../response/names';
import { strictOptions } from '../strict-options';

/** What every response has. */
export interface ResponseOptions {
  /** Default `cosine`. */
  readonly angle: Angle;
  /** k of the angle `sigmoid`, above 0; default 0.3. */
  readonly k?: number | undefined;
  /** ε of the norms √(Σv² + ε), from 1e-8; default 1e-4. */
  readonly epsilon: number;
  /**
   * λ of the penalty λ/2‖WᵀW − I‖² on the kernel, which then has no L2; default 0. 2e-4 in the code of SphereNet, 1e-5 in
   * that of DCNets.
   */
  readonly orthogonality: number;
}

export interface HypersphericalOptions extends ResponseOptions {}

export interface DecoupledOptions extends ResponseOptions {
  /** Default `tanh`. */
  readonly magnitude: Magnitude;
  /** α, above 0; default 1. */
  readonly alpha: number;
  /** β of `seg` and `mix`; default 0.5, the slope beyond the radius in the code of DCNets. */
  readonly beta?: number | undefined;
  /** ρ of `ball`, `tanh` and `seg`: a number above 0, or `learned` (default), one for each filter. */
  readonly radius?: number | 'learned' | undefined;
  /** What ‖w‖ counts as: nothing (default), itself, or tanh(‖w‖/ρ_w). */
  readonly weighted: false | 'linear' | 'tanh';
  /** ρ_w of `weighted: 'tanh'`, above 0; default 1. */
  readonly kernelRadius?: number | undefined;
}

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
