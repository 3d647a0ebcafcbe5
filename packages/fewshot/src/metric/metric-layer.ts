/**
 * A similarity as a layer of two inputs: how alike are queries and templates? Each template is the kernel W of a
 * convolution with one window, each query what that window reads; all else, M and what predicts it, is as in
 * `NeuralSimilarityConv2D`.
 */
import {
  applySimilarity,
  type Geometry,
  type Predictor,
  registerLayer,
  restorePart,
  type SavedPart,
  type Similarity,
  savePart,
  type Weight,
  windowOf,
} from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';

export interface SimilarityMetricArgs {
  name?: string;
  similarity: Similarity;
  /** What gives the third input, for the record: it is saved, so that loading knows its layers. */
  predictor?: Predictor | undefined;
  /** The window [h,w,c] as which queries and templates of h·w·c values are read. */
  window: readonly [number, number, number];
  /** Factor on the similarity, above 0. */
  scale: number;
  /** Whether training moves it. */
  learnScale: boolean;
}

/**
 * From queries [n,h,w,c], templates [way,…] of h·w·c values each and, where the similarity is dynamic, the predictor's
 * [n,1,1,channels] for the queries, to [n,way]. Weights that a similarity has for each filter are one for all templates.
 */
export class SimilarityMetric extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimSimilarityMetric';

  readonly similarity: Similarity;
  readonly predictor: Predictor | undefined;
  private readonly window: readonly [number, number, number];
  private readonly startScale: number;
  private readonly learnScale: boolean;
  private scale?: LayerVariable;
  private ownWeights: readonly LayerVariable[] = [];
  private readonly descriptions = new Map<LayerVariable, Weight>();

  constructor({ similarity, predictor, window, scale, learnScale, ...rest }: SimilarityMetricArgs) {
    super(rest);
    registerLayer(SimilarityMetric);
    this.similarity = similarity;
    this.predictor = predictor;
    this.window = window;
    this.startScale = scale;
    this.learnScale = learnScale;
  }

  /** Of the window, which M depends on. */
  get geometry(): Geometry {
    return windowOf({ shape: [...this.window, 1] });
  }

  override build(): void {
    this.ownWeights = this.similarity.weights(this.geometry, 1).map((weight) => this.add(weight));
    if (this.learnScale) {
      const init = initializers.constant({ value: this.startScale });
      this.scale = this.add({ name: 'scale', shape: [1], init, role: 'similarity' });
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [query, templates] = inputShape as TfShape[];
    return [query?.[0] ?? null, templates?.[0] ?? null];
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { training = false }: { training?: boolean } = {},
  ): tf.Tensor {
    const [query, templates, z] = inputs as [tf.Tensor4D, tf.Tensor, tf.Tensor | undefined];
    return tf.tidy(() => {
      const [n, way] = [query.shape[0], templates.shape[0] as number];
      const windows = tf.reshape(templates, [way, ...this.window]) as tf.Tensor4D;
      const kernel = tf.transpose(windows, [1, 2, 3, 0]);
      const weights = this.ownWeights.map((weight) => weight.read());
      const write = (index: number, value: tf.Tensor) => this.ownWeights[index]?.write(value);
      const y = applySimilarity(this.similarity, query, { kernel, weights, z }, { training, write });
      return tf.mul(tf.reshape(y, [n, way]), this.scale?.read() ?? this.startScale);
    });
  }

  /** What one of this layer's weights is for. */
  describeWeight(weight: LayerVariable): Weight | undefined {
    return this.descriptions.get(weight);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { similarity, predictor, window, startScale, learnScale } = this;
    const saved = {
      similarity: savePart(similarity),
      ...(predictor ? { predictor: savePart(predictor) } : {}),
    };
    return {
      ...super.getConfig(),
      ...(saved as unknown as tf.serialization.ConfigDict),
      window: [...window],
      scale: startScale,
      learnScale,
    };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { similarity, predictor } = config as unknown as Record<string, SavedPart>;
    return new cls({
      ...config,
      similarity: restorePart('similarity', similarity),
      predictor: predictor && restorePart('predictor', predictor),
    } as never);
  }

  private add(weight: Weight): LayerVariable {
    const { name, shape, init, trainable = true } = weight;
    const variable = this.addWeight(name, [...shape], 'float32', init as never, undefined, trainable);
    this.descriptions.set(variable, weight);
    return variable;
  }
}
