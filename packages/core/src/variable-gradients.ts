/**
 * The gradients of a training step, in half the memory. tfjs keeps every activation that a gradient has read, and
 * every gradient that it has passed on, until the whole tape has been walked back along; here each is given up as
 * soon as the step after it begins. First order only: a second derivative would need what is given up.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * What `tf.variableGrads` gives: the value of f and its gradients by the variables' names.
 * @param f returns a scalar; outside every other gradient.
 * @param variables trainable ones. One that f does not read is absent from `grads`.
 */
export function variableGradients(
  f: () => tf.Scalar,
  variables: tf.Variable[],
): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  return tf.variableGrads(releasing(f), variables);
}

/**
 * The same by any tensors.
 * @returns a gradient for each, null where f does not read it.
 */
export function tensorGradients(
  f: () => tf.Scalar,
  tensors: tf.Tensor[],
): { value: tf.Scalar; grads: (tf.Tensor | null)[] } {
  const { value, grads } = tf.engine().gradients(releasing(f), tensors, undefined, true);
  return { value, grads: grads.map((grad) => grad ?? null) };
}

const releasing = (f: () => tf.Scalar) => () => {
  const value = f();
  releaseOnTheWay((tf.engine().state.activeTape ?? []) as unknown as TapeNode[]);
  return value;
};

/** A tape node of tfjs, which walks the tape from its end. */
interface TapeNode {
  /** Clones that are this node's own. */
  readonly saved: tf.Tensor[];
  gradient?: (dys: tf.Tensor[]) => Readonly<Record<string, () => tf.Tensor>>;
}

function releaseOnTheWay(tape: readonly TapeNode[]): void {
  let spent: tf.Tensor[] = [];
  for (const node of tape) {
    const { gradient } = node;
    if (!gradient) continue;
    node.gradient = (dys) => {
      tf.dispose(spent);
      const given = dys.filter((dy) => dy);
      spent = [...given, ...node.saved];
      // A gradient that is dy itself lives on under another tensor.
      const own = (dx: tf.Tensor) => (given.includes(dx) ? tf.clone(dx) : dx);
      return Object.fromEntries(Object.entries(gradient(dys)).map(([name, dx]) => [name, () => own(dx())]));
    };
  }
}
