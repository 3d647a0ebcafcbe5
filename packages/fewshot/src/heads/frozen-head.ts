/** Adapting by a head alone, on embeddings [n,…] that stay as they are. */
import * as tf from '@tensorflow/tfjs-core';
import type { Adaptation } from '../adaptation/adaptation';
import { flatten, type HeadForm, headLogits } from './head';
import { fitHead, headTensors } from './linear-head';
import type { Fit } from './refit';

/** A fresh head, fitted on the support's embeddings. */
export const headFit =
  (form: HeadForm, adaptation: Adaptation): Fit =>
  async (support, way, options) => {
    const [weights, perClass] = headTensors(await fitHead(support, way, form, adaptation, options));
    return {
      predict: (x) => tf.tidy(() => headLogits(form, flatten(x), weights, perClass)),
      dispose: () => tf.dispose([weights, perClass]),
    };
  };
