/** A classifier that compares a query with what it remembers of the support: prototypes, or the examples themselves. */
import * as tf from '@tensorflow/tfjs-core';
import { type ExampleShape, requireClass, requireExamples, requireSupport } from '../examples';
import type { Classifier, Examples, FitOptions } from '../types';

/** What is remembered: templates [m,…], each with its class. */
export interface Memory extends Examples {
  readonly way: number;
}

/** One template for each class, [way,…]. */
export const oneEach = (x: tf.Tensor, way: number): Memory => ({
  x,
  labels: Int32Array.from({ length: way }, (_, label) => label),
  way,
});

export interface Remembering {
  /** Shape of one example. */
  readonly takes: ExampleShape;
  /** What is remembered of examples [n,…]. Templates may be of another shape than examples. */
  remember(examples: Memory): Memory;
  /** Logits [n,way] of queries [n,…]. */
  score(query: tf.Tensor, memory: Memory): tf.Tensor2D;
  /** Whether a class can be added: where templates do not depend on each other. Default true. */
  readonly grows?: boolean;
}

/** @throws NeusimError FEWSHOT_BAD_SUPPORT, also in `predict` and `addClass`; the signal's reason, where it is aborted. */
export function memoryClassifier(
  support: Examples,
  way: number,
  { takes, remember, score, grows = true }: Remembering,
  { signal }: FitOptions = {},
): Classifier {
  signal?.throwIfAborted();
  requireSupport(support, way, takes);
  const kept = (work: () => Memory): Memory => {
    let rest: Omit<Memory, 'x'> | undefined;
    const x = tf.tidy(() => {
      const { x, ...others } = work();
      rest = others;
      // A copy, where it is the support's own.
      return tf.clone(x);
    });
    return { ...(rest as Omit<Memory, 'x'>), x: tf.keep(x) };
  };
  let memory = kept(() => remember({ ...support, labels: support.labels.slice(), way }));
  const addClass = (x: tf.Tensor) => {
    requireClass(x, takes);
    const before = memory;
    memory = kept(() => {
      const own = remember({ x, labels: new Int32Array(x.shape[0] as number), way: 1 });
      const labels = Int32Array.from([...before.labels, ...own.labels.map((label) => label + before.way)]);
      return { x: tf.concat([before.x, own.x]), labels, way: before.way + 1 };
    });
    before.x.dispose();
  };
  return {
    get way() {
      return memory.way;
    },
    predict(x) {
      requireExamples('the query', x, takes);
      if (x.shape[0] === 0) return tf.zeros([0, memory.way]);
      return tf.tidy(() => score(x, memory));
    },
    ...(grows ? { addClass } : {}),
    dispose: () => {
      memory.x.dispose();
    },
  };
}
