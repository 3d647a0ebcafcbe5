/**
 * `shared`: one predictor for many layers (shared parameterization, method: §5; the paper's exact design is not
 * published, this one is the recommended). A 1×1 convolution for each layer brings its input to a common number of
 * channels; m1 and m2 are the same two layers everywhere. Batch norm is each layer's own, unless `sharedNorm`.
 */
import { type BatchNorm, type Predictor, strictOptions } from '@neusim/core';
import { define, NeusimError } from '@neusim/registry';
import type { SymbolicTensor } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import {
  connect,
  convolutions,
  layerSeed,
  norms,
  type Pairwise,
  plan,
  registerPredictorLayers,
} from './network';
import { type NetworkOptions, type NormOptions, networkEntries, normEntries, width } from './options';
import { SphereConv2D } from './sphere-conv2d';

const version = '1.0.0';

export interface SharedOptions extends NetworkOptions, NormOptions {
  /** Channels that every layer's input is brought to; default 64. */
  readonly width: number;
  /** Divide each pixel of the adapted map by the norm of the pixel it came from; default true. */
  readonly normalizeAdaptation: boolean;
  /** One pair of batch norms for all layers, its statistics a mixture of theirs; default false. */
  readonly sharedNorm: boolean;
}

interface SharedLayers {
  readonly channels: number;
  readonly owner: string;
  readonly convolutions: Pairwise<SphereConv2D>;
  readonly norms: Pairwise<BatchNorm> | undefined;
}

/**
 * A predictor whose m1 and m2 are made by its first `apply`, bear that layer's name, and are used by every further
 * one. Models that should not share need a predictor each.
 *
 * Its `apply` throws NeusimError PREDICTOR_SHARED for a layer that wants another number of values than the first.
 */
export function sharedPredictor(options: SharedOptions): Predictor {
  registerPredictorLayers();
  let shared: SharedLayers | undefined;
  const norm = { input: options.normalizeInput, kernel: options.normalizeKernel };
  return Object.freeze<Predictor>({
    name: 'shared',
    version,
    options: { ...options },
    apply(x, channels, g, layerName) {
      const name = `${layerName}_predictor`;
      const decided = plan(options, channels, g.taps);
      if (!shared)
        shared = {
          channels,
          owner: layerName,
          convolutions: convolutions(options, norm, decided, `${layerName}_shared`),
          norms: options.sharedNorm ? norms(options, decided, `${layerName}_shared`) : undefined,
        };
      if (shared.channels !== channels) throw otherChannels(shared, channels, layerName);
      const adapted = adaptation(options, name).apply(x) as SymbolicTensor;
      const bn = options.sharedNorm ? shared.norms : norms(options, decided, name);
      return connect(adapted, shared.convolutions, bn, g, name);
    },
  });
}

function adaptation({ width, normalizeAdaptation, l2, seed }: SharedOptions, name: string): SphereConv2D {
  const partName = `${name}_adapt`;
  return new SphereConv2D({
    name: partName,
    filters: width,
    kernelSize: 1,
    normalizeInput: normalizeAdaptation,
    seed: layerSeed(seed, partName),
    l2,
  });
}

function otherChannels({ channels, owner }: SharedLayers, wanted: number, layer: string): NeusimError {
  return new NeusimError(
    'PREDICTOR_SHARED',
    `the shared predictor gives ${channels} values a position, as ${owner} wanted, but ${layer} wants ${wanted}`,
    {
      data: { channels, owner, wanted, layer },
      hint: 'Layers that share a predictor need one kernel size and one form of M; make another for the rest.',
    },
  );
}

export default define({
  kind: 'predictor',
  name: 'shared',
  version,
  summary: 'one hyperspherical predictor for many layers, with a 1×1 adaptation for each',
  options: strictOptions({
    ...networkEntries,
    ...normEntries,
    width,
    normalizeAdaptation: v.optional(v.boolean(), true),
    sharedNorm: v.optional(v.boolean(), false),
  }),
  load: () => sharedPredictor,
});
