/** The networks that whole steps are timed of, with their work. */
import { multiplyAdds } from '@neusim/core';
import { disposeModel, type Model } from '@neusim/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { registry } from '../registry';
import { type Workload, workload } from '../training-step';
import { vggLike } from '../vgg';
import { perBackend } from './measure';

export interface Network {
  readonly name: string;
  /** @param quick tiny: other widths on smaller images. */
  build(quick: boolean): LayersModel;
}

const cifar = (name: 'cnn-cifar' | 'nsn-cifar', quick: boolean, options: object = {}): LayersModel => {
  const tiny = quick ? { width: 4, inputShape: [8, 8, 3], depth: 1 } : {};
  return (registry.make('model', name, { ...tiny, ...options } as never) as Model).build();
};

export const cnnCifar: Network = { name: 'cnn-cifar', build: (quick) => cifar('cnn-cifar', quick) };

/** Dynamic DNS with the sphere predictor. */
export const nsnCifar: Network = { name: 'nsn-cifar', build: (quick) => cifar('nsn-cifar', quick) };

export const nsnCifarPlain: Network = {
  name: 'nsn-cifar, plain predictor',
  build: (quick) => cifar('nsn-cifar', quick, { predictor: 'conv' }),
};

export const nsnCifarUns: Network = {
  name: 'nsn-cifar dynamic-uns',
  build: (quick) => cifar('nsn-cifar', quick, { similarity: 'dynamic-uns' }),
};

export const vgg: Network = {
  name: 'VGG-like',
  build: (quick) => (quick ? vggLike(8, 4) : vggLike(32, 64)),
};

/** Of a step of one image: forward, and twice as much backward. */
export function gflopAStep({ build }: Network, quick: boolean): number {
  const model = build(quick);
  const found = (3 * 2 * multiplyAdds(model)) / 1e9;
  disposeModel(model);
  return found;
}

/** A network's workload, once on each backend, where it is asked for. */
export function workloads({ build }: Network, batch: number, quick: boolean) {
  return perBackend<Workload>(() => workload(build(quick), batch));
}
