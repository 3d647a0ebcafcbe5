/** A classifier that can learn another class: it keeps its support, and adapts to it anew. */
import * as tf from '@tensorflow/tfjs-core';
import { type ExampleShape, requireClass, requireExamples, requireSupport } from '../examples';
import type { Classifier, Examples, FitOptions } from '../types';

/** What adapting once gives. */
export type Fitted = Pick<Classifier, 'predict' | 'dispose'>;

/** Adapts to a support that has been looked at. */
export type Fit = (support: Examples, way: number, options: FitOptions) => Promise<Fitted>;

/**
 * A classifier from `fit`, which takes examples of a shape. With the same seed a class that is added leaves the fresh head's start for the others as it was.
 * @throws NeusimError FEWSHOT_BAD_SUPPORT, also in `predict` and `addClass`; and what `fit` throws.
 */
export async function fitToGrow(
  fit: Fit,
  takes: ExampleShape,
  support: Examples,
  way: number,
  options: FitOptions = {},
): Promise<Classifier> {
  requireSupport(support, way, takes);
  options.signal?.throwIfAborted();
  const copy = (x: tf.Tensor) => tf.keep(tf.clone(x));
  let kept: Examples & { readonly way: number } = { x: copy(support.x), labels: support.labels.slice(), way };
  let fitted: Fitted;
  try {
    fitted = await fit(kept, way, options);
  } catch (error) {
    kept.x.dispose();
    throw error;
  }
  const grow = async (added: tf.Tensor) => {
    const label = kept.way;
    const labels = Int32Array.from([...kept.labels, ...Array<number>(added.shape[0] as number).fill(label)]);
    const grown = { x: tf.keep(tf.concat([kept.x, added])), labels, way: label + 1 };
    try {
      const next = await fit(grown, grown.way, { seed: options.seed });
      fitted.dispose();
      kept.x.dispose();
      [fitted, kept] = [next, grown];
    } catch (error) {
      grown.x.dispose();
      throw error;
    }
  };
  // One after the other: each adapts to the classes that came before it.
  let last: Promise<unknown> = Promise.resolve();
  return {
    get way() {
      return kept.way;
    },
    predict(x) {
      requireExamples('the query', x, takes);
      return fitted.predict(x);
    },
    async addClass(x) {
      requireClass(x, takes);
      const own = copy(x);
      const turn = last.then(() => grow(own)).finally(() => own.dispose());
      last = turn.catch(() => {});
      await turn;
    },
    dispose() {
      fitted.dispose();
      kept.x.dispose();
    },
  };
}
