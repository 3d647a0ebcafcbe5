/**
 * How an operator of the seam reaches an engine. A `SeamKernel` has a name, a version composed from stock tfjs
 * ops, and a gradient. Running it uses the kernel that the current engine has registered under the name, and
 * registers the composed version where it has none; so every operator runs on every tfjs backend, and an
 * engine package replaces kernels one by one with `registerKernel`.
 *
 * Gradients save inputs only: a saved output makes tfjs's second order silently wrong.
 */
import * as tf from '@tensorflow/tfjs-core';
import { requireMemory } from './memory';

type Inputs = Readonly<Record<string, tf.Tensor>>;
type Outputs = readonly tf.Tensor[];

export interface SeamKernel<I extends Inputs, O extends Outputs, A extends object> {
  readonly name: string;
  readonly inputs: readonly (keyof I & string)[];
  /** The outputs' shapes: an empty input (a batch of 0) gives zeros of them and never reaches `composed`. */
  readonly shapes: (inputs: I, attrs: A) => readonly (readonly number[])[];
  readonly composed: (inputs: I, attrs: A) => O;
  /**
   * Outputs that the gradient reads. Allowed only where the gradient of the inputs accounts for how such an
   * output depends on them (the statistics of batch norm); no other kernel may save an output.
   */
  readonly savedOutputs?: readonly boolean[];
  /** The gradient of each input, as functions called only where it is needed. Absent: no derivative. */
  readonly gradient?: (
    dys: O,
    inputs: I,
    attrs: A,
    saved: tf.Tensor[],
  ) => { readonly [N in keyof I]: () => tf.Tensor };
}

/**
 * Runs a kernel of the seam on the current engine.
 * @throws NeusimError ENGINE_MEMORY where the outputs cannot fit, before anything is allocated.
 */
export function runKernel<I extends Inputs, O extends Outputs, A extends object>(
  kernel: SeamKernel<I, O, A>,
  inputs: I,
  attrs: A,
): O {
  const backendName = tf.getBackend();
  if (!tf.getKernel(kernel.name, backendName)) registerComposed(kernel, backendName);
  if (kernel.gradient && !tf.getGradient(kernel.name)) registerGradient(kernel, kernel.gradient);
  requireMemory(`what ${kernel.name} gives`, ...kernel.shapes(inputs, attrs));
  const out: tf.Tensor | tf.Tensor[] = tf
    .engine()
    .runKernel(kernel.name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  return (Array.isArray(out) ? out : [out]) as unknown as O;
}

function registerComposed<I extends Inputs, O extends Outputs, A extends object>(
  kernel: SeamKernel<I, O, A>,
  backendName: string,
): void {
  tf.registerKernel({
    kernelName: kernel.name,
    backendName,
    kernelFunc: (params) => {
      const inputs = params.inputs as unknown as I;
      const attrs = params.attrs as unknown as A;
      const empty = Object.values(inputs).some((t) => t.size === 0);
      return tf.tidy(() =>
        empty
          ? kernel.shapes(inputs, attrs).map((shape) => tf.zeros([...shape]))
          : [...kernel.composed(inputs, attrs)],
      );
    },
  });
}

function registerGradient<I extends Inputs, O extends Outputs, A extends object>(
  kernel: SeamKernel<I, O, A>,
  gradient: NonNullable<SeamKernel<I, O, A>['gradient']>,
): void {
  const names = kernel.inputs;
  tf.registerGradient({
    kernelName: kernel.name,
    inputsToSave: [...names],
    outputsToSave: [...(kernel.savedOutputs ?? [])],
    gradFunc: (dy, saved, attrs) => {
      const inputs = Object.fromEntries(names.map((name, i) => [name, saved[i]])) as unknown as I;
      const dys = (Array.isArray(dy) ? dy : [dy]) as unknown as O;
      return gradient(dys, inputs, attrs as unknown as A, saved.slice(names.length));
    },
  });
}

/**
 * Gradient of Σᵢ⟨f(xs)ᵢ, dysᵢ⟩ with respect to the xs: the gradient of a fused kernel, by differentiating its
 * composition. `f` may use only ops whose own gradients are right to every order.
 */
export function vjp(f: (...xs: tf.Tensor[]) => Outputs, xs: tf.Tensor[], dys: Outputs): tf.Tensor[] {
  const weighted = (...args: tf.Tensor[]) =>
    f(...args)
      .map((out, i) => tf.sum(tf.mul(out, dys[i] as tf.Tensor)))
      .reduce((a, b) => tf.add(a, b));
  // Outside every tape tfjs begins a new one and forgets the one it is walking back along: put it back.
  const { state } = tf.engine();
  const outer = state.activeTape;
  try {
    return tf.grads(weighted)(xs);
  } finally {
    state.activeTape = outer;
  }
}
