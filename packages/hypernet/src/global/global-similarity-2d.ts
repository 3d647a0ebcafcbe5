/**
 * Global neural similarity: M between all positions of a map (Liu et al. 2019, appendix B; method: §12). On x [B,H,W,C],
 * with the positions in one row,
 *
 *     M = softmax(a · bᵀ),   y = x + γ · M · v,   a = ReLU(cos(x, W_a)), b = cos(x, W_b), v = cos(x, W_v)
 *
 * where cos is the 1×1 hyperspherical convolution ⟨w, x⟩ / (‖w‖·‖x‖), ‖·‖² + 1e-4 under every root. a and b have C/8
 * channels, v has C. γ starts at 0, and with it y at x.
 */
import {
  closeStockGradients,
  type Operator,
  registerLayer,
  requireMemory,
  restorePart,
  type SavedPart,
  savePart,
  similarityConv2d,
  squaredNorm,
  type WeightDescription,
  weightSeed,
} from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { inverseNorm } from '../patch-norm';
import { single } from '../single-shape';

/** What a block is made of: the kernels [1,1,C,C/bottleneck] twice and [1,1,C,C], and γ. */
export interface GlobalSimilarityWeights {
  readonly query: tf.Tensor4D;
  readonly key: tf.Tensor4D;
  readonly value: tf.Tensor4D;
  readonly gamma: tf.Scalar;
}

/**
 * The block on x [B,H,W,C]: [B,H,W,C], differentiable in everything to any order.
 * @param relu whether a is rectified, as the authors' code has it.
 * @throws NeusimError ENGINE_MEMORY where M, [B,HW,HW], and what its gradient is made of cannot fit.
 */
export function globalSimilarity2d(
  x: tf.Tensor4D,
  { query, key, value, gamma }: GlobalSimilarityWeights,
  relu = true,
): tf.Tensor4D {
  if (x.size === 0) return tf.clone(x);
  closeStockGradients();
  const [batch, height, width] = x.shape;
  const positions = height * width;
  const m = [batch, positions, positions];
  requireMemory('M between all positions, and its logits', m, m);
  return tf.tidy(() => {
    const unit = tf.mul<tf.Tensor4D>(x, inverseNorm(squaredNorm(x)));
    const cosine = (w: tf.Tensor4D) => {
      const direction = tf.mul<tf.Tensor4D>(w, inverseNorm(tf.sum(tf.square(w), [0, 1, 2])));
      const y = similarityConv2d(unit, direction, null);
      return tf.reshape(y, [batch, positions, w.shape[3]]) as tf.Tensor3D;
    };
    const a = relu ? tf.relu(cosine(query)) : cosine(query);
    const similarity = tf.softmax(tf.matMul(a, cosine(key), false, true));
    return tf.add(x, tf.mul(tf.reshape(tf.matMul(similarity, cosine(value)), x.shape), gamma));
  });
}

export interface GlobalSimilarityOptions {
  /** What C is divided by, rounded down, for the channels that M is made of; default 8. */
  readonly bottleneck: number;
  /** Whether a is rectified; default true, as the authors' code has it (perhaps by accident). */
  readonly relu: boolean;
  /** λ ≥ 0 of λ/2‖WᵀW − I‖² of the three kernels; default 2e-4. */
  readonly orthogonality: number;
  /** Seed of the three kernels' start, any whole number; each layer's own is drawn from it and the layer's name. */
  readonly seed?: number;
}

export interface GlobalSimilarityArgs {
  name?: string;
  trainable?: boolean;
  /** Its options are the layer's, and it is saved with the layer. */
  operator: Operator;
}

/** The block as a layer, [B,H,W,C] to [B,H,W,C], of any height and width. */
export class GlobalSimilarity2D extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimGlobalSimilarity2D';

  readonly operator: Operator;
  private kernels?: readonly [LayerVariable, LayerVariable, LayerVariable];
  private gamma?: LayerVariable;

  /** @throws NeusimError LAYER_OPTIONS without the operator. */
  constructor(args: GlobalSimilarityArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(GlobalSimilarity2D);
    if (args.operator?.name !== 'global-similarity')
      throw new NeusimError('LAYER_OPTIONS', 'a layer of global similarity needs its operator', {
        data: { operator: args.operator },
        hint: "new GlobalSimilarity2D({ operator: registry.make('operator', 'global-similarity') })",
      });
    this.operator = args.operator;
  }

  /** @throws NeusimError LAYER_INPUT for anything but [B,H,W,C] with known channels. */
  override build(inputShape: TfShape | TfShape[]): void {
    const shape = single(inputShape);
    const channels = shape[3];
    if (shape.length !== 4 || typeof channels !== 'number')
      throw new NeusimError('LAYER_INPUT', `layer ${this.name} takes [B,H,W,C], not [${shape}]`, {
        data: { layer: this.name, inputShape: shape },
        hint: 'Apply it to a map of known channels.',
      });
    const { bottleneck, seed } = this.options;
    const narrow = Math.max(1, Math.floor(channels / bottleneck));
    const kernel = (name: string, filters: number) =>
      this.addWeight(
        name,
        [1, 1, channels, filters],
        'float32',
        initializers.randomNormal({
          mean: 0,
          stddev: Math.sqrt(2 / channels),
          ...(seed === undefined ? {} : { seed: weightSeed(seed, `${this.name}/${name}`) }),
        }),
      );
    this.kernels = [kernel('query', narrow), kernel('key', narrow), kernel('value', channels)];
    this.gamma = this.addWeight('gamma', [], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return single(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [query, key, value] = (this.kernels ?? []).map((each) => each.read() as tf.Tensor4D);
    const gamma = this.gamma?.read() as tf.Scalar;
    const weights = { query, key, value, gamma } as GlobalSimilarityWeights;
    return globalSimilarity2d([inputs].flat()[0] as tf.Tensor4D, weights, this.options.relu);
  }

  /** Multiply-adds for one image: three 1×1 convolutions, a·bᵀ and M·v. */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const [, height, width, channels] = single(inputShape) as [number, number, number, number];
    const narrow = Math.max(1, Math.floor(channels / this.options.bottleneck));
    const positions = height * width;
    return positions * channels * (2 * narrow + channels) + positions ** 2 * (narrow + channels);
  }

  /** a and b predict M, v is a kernel; γ is M's, and has no penalty unless it is asked for. */
  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    if (weight === this.gamma) return { role: 'similarity', l2: 0 };
    const at = this.kernels?.indexOf(weight) ?? -1;
    if (at < 0) return undefined;
    const { orthogonality } = this.options;
    return { role: at === 2 ? 'filter' : 'predictor', ...(orthogonality > 0 ? { orthogonality } : {}) };
  }

  override getConfig(): tf.serialization.ConfigDict {
    const operator = savePart(this.operator) as unknown as tf.serialization.ConfigDict;
    return { ...super.getConfig(), operator };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const operator = restorePart('operator', config.operator as unknown as SavedPart);
    return new cls({ ...config, operator } as never);
  }

  private get options(): GlobalSimilarityOptions {
    return this.operator.options as unknown as GlobalSimilarityOptions;
  }
}
