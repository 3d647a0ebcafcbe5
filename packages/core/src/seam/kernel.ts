/**
 * How an operator of the seam reaches an engine. A `SeamKernel` has a name, a version composed from stock tfjs
 * ops, and a gradient. Running it uses the kernel that the current engine has registered under the name, and
 * registers the composed version where it has none; so every operator runs on every tfjs backend, and an
 * engine package replaces kernels one by one with `registerKernel`.
 *
 * Gradients save inputs only: a saved output makes tfjs's second order silently wrong.
 */
import * as tf from '@tensorflow/tfjs-core';

export type Tensors = Readonly<Record<string, tf.Tensor>>;

export interface SeamKernel<Attrs extends object> {
  readonly name: string;
  /** Names of the inputs. */
  readonly inputs: readonly string[];
  readonly composed: (inputs: Tensors, attrs: Attrs) => tf.Tensor | tf.Tensor[];
  /**
   * Outputs that the gradient reads. Allowed only where the gradient of the inputs accounts for how such an
   * output depends on them (the statistics of batch norm); no other kernel may save an output.
   */
  readonly savedOutputs?: readonly boolean[];
  /** The gradient of each input, as functions called only where it is needed. */
  readonly gradient?: (dy: tf.Tensor[], inputs: Tensors, attrs: Attrs, outputs: tf.Tensor[]) => Gradients;
}

export type Gradients = Readonly<Record<string, () => tf.Tensor>>;

/** Makes sure that the current backend has `kernel`, and that tfjs knows its gradient. */
export function ensureKernel<A extends object>(kernel: SeamKernel<A>): void {
  const backendName = tf.getBackend();
  if (!tf.getKernel(kernel.name, backendName)) registerComposed(kernel, backendName);
  if (kernel.gradient && !tf.getGradient(kernel.name)) registerSeamGradient(kernel, kernel.gradient);
}

/** Runs a kernel of the seam on the current engine. */
export function runKernel<A extends object>(
  kernel: SeamKernel<A>,
  inputs: Tensors,
  attrs: A,
): tf.Tensor | tf.Tensor[] {
  ensureKernel(kernel);
  return tf.engine().runKernel(kernel.name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
}

/** `runKernel` for a kernel with one output. */
export function runKernel1<T extends tf.Tensor, A extends object>(
  kernel: SeamKernel<A>,
  inputs: Tensors,
  attrs: A,
): T {
  return runKernel(kernel, inputs, attrs) as T;
}

function registerComposed<A extends object>(kernel: SeamKernel<A>, backendName: string): void {
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      tf.tidy(() => kernel.composed(inputs as unknown as Tensors, attrs as unknown as A)),
  });
}

function registerSeamGradient<A extends object>(
  kernel: SeamKernel<A>,
  gradient: NonNullable<SeamKernel<A>['gradient']>,
): void {
  tf.registerGradient({
    kernelName: kernel.name,
    inputsToSave: [...kernel.inputs],
    outputsToSave: [...(kernel.savedOutputs ?? [])],
    gradFunc: (dy, saved, attrs) => {
      const inputs = Object.fromEntries(kernel.inputs.map((name, i) => [name, saved[i] as tf.Tensor]));
      const outputs = saved.slice(kernel.inputs.length);
      return gradient(Array.isArray(dy) ? dy : [dy], inputs, attrs as unknown as A, outputs);
    },
  });
}

/**
 * Gradient of Σᵢ⟨f(xs)ᵢ, dysᵢ⟩ with respect to the xs: the gradient of a fused kernel, by differentiating its
 * composition. `f` may use only ops whose own gradients are right to every order.
 */
export function vjp(f: (...xs: tf.Tensor[]) => tf.Tensor[], xs: tf.Tensor[], dys: tf.Tensor[]): tf.Tensor[] {
  return tf.grads((...args: tf.Tensor[]) =>
    f(...args)
      .map((out, i) => tf.sum(tf.mul(out, dys[i] as tf.Tensor)))
      .reduce((a, b) => tf.add(a, b)),
  )(xs);
}
