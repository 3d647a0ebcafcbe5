/** What learners have in common whose network is trained to tell the base classes apart. */
import { disposeNewVariables } from '@neusim/core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { embeddingSize, embeddings, imageShape } from '../backbones/backbone';
import { joinModels } from '../join-models';
import type { Learner } from '../types';
import type { BaseHead } from './base-head';
import { type Fit, fitToGrow } from './refit';

/**
 * A learner of a backbone and a head over the base classes.
 * @param head makes the head; what fails leaves no weights behind but the backbone's.
 * @param fit given the head. @param frozen whether `fit` takes embeddings in place of images.
 */
export function classTrained(
  name: string,
  backbone: LayersModel,
  head: () => BaseHead,
  fit: (head: LayersModel) => Fit,
  frozen: boolean,
): Learner {
  const { made, model } = disposeNewVariables(() => {
    const made = head();
    return { made, model: joinModels(name, [backbone, made.model]) };
  });
  return { model, training: made.training, ...adapting(backbone, fit(made.model), frozen) };
}

/** `fit`, and `embed` where it takes embeddings. */
export function adapting(backbone: LayersModel, fit: Fit, frozen: boolean): Pick<Learner, 'fit' | 'embed'> {
  const takes = frozen ? [embeddingSize(backbone)] : imageShape(backbone);
  return {
    fit: (support, way, options) => fitToGrow(fit, takes, support, way, options),
    ...(frozen ? { embed: (images: Tensor4D) => embeddings(backbone, images) } : {}),
  };
}
