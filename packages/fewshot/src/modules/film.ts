/**
 * FiLM (Perez et al. 2018, "FiLM: Visual Reasoning with a General Conditioning Layer") as TADAM has it (Oreshkin et al. 2018):
 * each channel behind a batch norm is scaled and shifted by what another network makes of the task,
 *
 *     h' = (1 + γ₀·γ)·h + β₀·β.
 *
 * γ₀ and β₀ are learned and start at 0, where the layer is the identity; an L2 penalty of their own keeps them there, unless
 * the task has something to say.
 */
import { registerLayer, type WeightDescription } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';

export interface FilmArgs {
  name?: string;
  /** Whether γ₀ and β₀ are one number each for the layer, or one a channel. */
  multipliers: 'layer' | 'channel';
  /** λ of their penalty λ/2‖·‖². */
  penalty: number;
}

/** From h [B,…,C], γ and β [1|B,C] to [B,…,C]. */
export class Film extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimFilm';

  private readonly multipliers: 'layer' | 'channel';
  private readonly penalty: number;
  private gamma?: LayerVariable;
  private beta?: LayerVariable;

  constructor(args: FilmArgs) {
    super(args as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(Film);
    this.multipliers = args.multipliers;
    this.penalty = args.penalty;
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const channels = (inputShape as TfShape[])[0]!.at(-1) as number;
    const size = this.multipliers === 'layer' ? 1 : channels;
    const add = (name: string) => this.addWeight(name, [size], 'float32', initializers.zeros());
    this.gamma = add('gamma0');
    this.beta = add('beta0');
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    return (inputShape as TfShape[])[0] as TfShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [h, gamma, beta] = inputs as [tf.Tensor, tf.Tensor2D, tf.Tensor2D];
    return tf.tidy(() => {
      const [scale, shift] = (
        [
          [this.gamma, gamma],
          [this.beta, beta],
        ] as const
      ).map(([multiplier, said]) => {
        const [count, channels] = said.shape;
        const spread = [count, ...Array<number>(h.rank - 2).fill(1), channels];
        return tf.reshape(tf.mul(said, (multiplier as LayerVariable).read()), spread);
      }) as [tf.Tensor, tf.Tensor];
      return tf.add(tf.mul(h, tf.add(scale, 1)), shift);
    });
  }

  /** A norm's, with a penalty of its own. */
  describeWeight(): WeightDescription {
    return { role: 'norm', l2: this.penalty };
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { multipliers, penalty } = this;
    return { ...super.getConfig(), multipliers, penalty };
  }
}
