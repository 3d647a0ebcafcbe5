// @neusim/models: architectures built from neural similarity layers.
import { plugin } from '@neusim/registry';
import { cnnCifar, nsnCifar } from './cifar';
import { cnn4, cnn9 } from './cnn';
import { cnnDigits, nsnDigits } from './digits';
import { nsnImagenet10 } from './imagenet';
import { nsnResnet } from './resnet';
import { globalSphereNet, sphereNet9 } from './sphere-net';

export { type Conversion, convertToNsl } from './convert';
export { disposeModel } from './dispose-model';
export { embeddingOf } from './head';
export { inPath, makePart, type PartSpec, partSchema, splitPart, withDefaults } from './part-spec';
export type { ImageShape, Model } from './types';

export default /* @__PURE__ */ plugin('@neusim/models', '0.1.0', [
  cnnCifar,
  nsnCifar,
  cnnDigits,
  nsnDigits,
  cnn4,
  cnn9,
  nsnResnet,
  nsnImagenet10,
  sphereNet9,
  globalSphereNet,
]);
