/**
 * The layer: a 2-D convolution that learns how its kernel is compared with its input, y = Wᵀ·D·M·S(x). It takes
 * every option of tfjs's Conv2D, and a similarity and a shape. With a dynamic similarity it has a second input,
 * the predictor's output on the layer's output grid.
 */

import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { type ConvOptions, dilatedSize, type Geometry, geometry, type Pair } from '../geometry';
import type { Conv2DArgs, Predictor, Products, Shape, Similarity, Taps, Weight } from '../parts';
import { full } from '../shape/full';
import { innerProduct } from '../similarity/inner-product';
import { applySimilarity, type Compared, comparison } from './apply-similarity';
import { callOf, energyMultiplyAdds, products } from './compare';
import { chooseDilations, type ParsedConv2D, parseConv2D } from './conv2d-options';
import { inputShapes, requireParts, requirePredicted } from './layer-inputs';
import { restorePart, type SavedPart, savePart } from './loading';
import { registerLayer } from './register-layer';
import { descriptionOf, type WeightDescription } from './weight-description';

/** Options of tfjs's `tf.layers.conv2d`, and: */
export interface NeuralSimilarityConv2DArgs extends Conv2DArgs {
  /** Default: the inner product. */
  similarity?: Similarity;
  /** Default: every tap of the window. */
  shape?: Shape;
  /** What gives the second input, for the record: it is saved, so that loading knows its layers. */
  predictor?: Predictor;
}

/**
 * Neural similarity convolution (Liu et al. 2019): input [B,H,W,C] (or [B,C,H,W] with `channelsFirst`), and where the
 * similarity is dynamic a second input, the predictor's z [B,H',W',channels] or [B,1,1,channels]; output [B,H',W',F] in the same format.
 * Applying it throws NeusimError LAYER_INPUT for inputs that do not fit, and GEOMETRY_KERNEL_TOO_LARGE.
 */
export class NeuralSimilarityConv2D extends layers.Layer {
  /** @nocollapse */
  static className = 'NeuralSimilarityConv2D';

  readonly similarity: Similarity;
  readonly shape: Shape;
  readonly predictor: Predictor | undefined;
  /** Never built: it parses and writes the options both have. */
  private readonly stock: layers.Layer;
  private readonly options: ParsedConv2D;
  private readonly dilations: Pair;
  private window?: Geometry;
  private readonly weightParts = new Map<LayerVariable, WeightDescription>();
  private kernel?: LayerVariable;
  private bias?: LayerVariable;
  private ownWeights: readonly LayerVariable[] = [];
  private shapeWeights: LayerVariable[] = [];

  /**
   * @throws NeusimError LAYER_OPTIONS for options that a 2-D convolution does not have, for a similarity or shape that
   *   is not one, or for a dilation given both by `dilationRate` and by the shape.
   */
  constructor(args: NeuralSimilarityConv2DArgs) {
    const { similarity = innerProduct, shape = full, predictor, ...conv } = args;
    super(conv as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(NeuralSimilarityConv2D);
    requireParts(similarity, shape);
    this.similarity = similarity;
    this.shape = shape;
    this.predictor = predictor;
    this.stock = parseConv2D(conv);
    this.options = this.stock as unknown as ParsedConv2D;
    this.dilations = chooseDilations(this.options.dilationRate as [number, number], shape);
  }

  /** Geometry for an input [B,H,W,C] (or [B,C,H,W]); sizes must be known. */
  geometry(inputShape: TfShape): Geometry {
    const [height, width, channels] = this.spatial(inputShape);
    if (height === null || width === null || channels === null)
      throw new NeusimError(
        'LAYER_INPUT',
        `layer ${this.name} needs a known input size, not [${inputShape}]`,
        {
          data: { layer: this.name, inputShape },
          hint: 'Give the input height, width and channels.',
        },
      );
    return geometry([height, width, channels], this.kernelSize, this.convOptions);
  }

  override build(inputShape: TfShape | TfShape[]): void {
    const [x, z] = this.inputShapes(inputShape);
    const channels = this.spatial(x)[2];
    if (channels === null)
      throw new NeusimError(
        'LAYER_INPUT',
        `layer ${this.name} needs a known number of channels, not [${x}]`,
        {
          data: { layer: this.name, inputShape: x },
          hint: 'Give the input its channels.',
        },
      );
    const { kernelSize: size, dilations } = this;
    // Weights and M depend on the window alone: it stands in for the map, whose size may be open.
    const [height, width] = [dilatedSize(size[0], dilations[0]), dilatedSize(size[1], dilations[1])];
    const g = geometry([height, width, channels], size, { dilations });
    this.window = g;
    if (z) requirePredicted(this.name, this.similarity, g.taps, this.outputGrid(x), z);
    const { kernelInitializer, biasInitializer, filters } = this.options;
    this.kernel = this.add(
      {
        name: 'kernel',
        shape: [...size, channels, filters],
        init: kernelInitializer,
        role: 'filter',
        ...this.similarity.kernel,
      },
      this.options.kernelRegularizer,
      this.options.kernelConstraint,
    );
    if (this.options.useBias)
      this.bias = this.add(
        { name: 'bias', shape: [filters], init: biasInitializer, role: 'bias' },
        this.options.biasRegularizer,
        this.options.biasConstraint,
      );
    this.ownWeights = this.similarity.weights(g, filters).map((weight) => this.add(weight));
    this.shapeWeights = this.shape.weights(g, this.name).map((weight) => this.add(weight));
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [batch, height, width] = this.outputGrid(this.inputShapes(inputShape)[0]);
    const { filters } = this.options;
    return (
      this.channelsFirst ? [batch, filters, height, width] : [batch, height, width, filters]
    ) as TfShape;
  }

  override call(
    inputs: tf.Tensor | tf.Tensor[],
    { training = false }: { training?: boolean } = {},
  ): tf.Tensor {
    const [given, z] = Array.isArray(inputs) ? inputs : [inputs];
    return tf.tidy(() => {
      const x = (this.channelsFirst ? tf.transpose(given as tf.Tensor, [0, 2, 3, 1]) : given) as tf.Tensor4D;
      const taps = this.taps(x, training);
      const call = callOf(training, this.ownWeights);
      let y: tf.Tensor = applySimilarity(this.similarity, x, this.compared(z, taps), call);
      if (this.bias) y = tf.add(y, this.bias.read());
      if (this.options.activation) y = this.options.activation.apply(y);
      return this.channelsFirst ? tf.transpose(y, [0, 3, 1, 2]) : y;
    });
  }

  /**
   * Where the taps read and which exist, for an input [B,H,W,C]; without one what a shape that is not dynamic always
   * says. The caller tidies.
   */
  taps(x?: tf.Tensor4D, training = false): Taps {
    if (!this.shape.taps) return {};
    const g = x
      ? geometry([x.shape[1], x.shape[2], x.shape[3]], this.kernelSize, this.convOptions)
      : (this.window as Geometry);
    const weights = this.shapeWeights.map((weight) => weight.read());
    return this.shape.taps(weights, g, x, x && callOf(training, this.shapeWeights));
  }

  /**
   * The kernel [kh,kw,C,F] and similarity that this layer's convolution runs with: D and a static M are in w already,
   * so m is null unless a predictor gives it. The caller tidies.
   * @param z the predictor's output [B,H',W',channels], where the similarity is dynamic.
   */
  comparison(z?: tf.Tensor, taps = this.taps()): { w: tf.Tensor4D; m: tf.Tensor | null } {
    return comparison(this.similarity, this.compared(z, taps));
  }

  /** The weights of the similarity, in its order; states that training moves by itself too. */
  get similarityWeights(): readonly LayerVariable[] {
    return this.ownWeights;
  }

  /** ‖patch‖² of what the taps read of x [B,H,W,C], D and modulation included: [B,H',W',1]. The caller tidies. */
  patchEnergy(x: tf.Tensor4D): tf.Tensor4D {
    return this.products(x, this.taps(x)).patchEnergy();
  }

  /**
   * Multiply-adds for one image: the convolution's; where M is predicted those of making it and of weighting (K a
   * channel) or mixing (K² a channel) the patches; those of the patches' norms where there is a response; and what the
   * shape adds.
   */
  multiplyAdds(inputShape: TfShape | TfShape[]): number {
    const [x, z] = this.inputShapes(inputShape);
    const g = this.geometry(x);
    const { form, source } = this.similarity;
    const weighting = source === 'predictor' ? (form === 'full' ? g.taps * g.taps : g.taps) * g.channels : 0;
    const matrices = (z?.[1] ?? 0) * (z?.[2] ?? 0);
    const making = matrices * (this.similarity.multiplyAdds?.(g.taps) ?? 0);
    const products = g.outHeight * g.outWidth * (g.taps * g.channels * this.options.filters + weighting);
    const norms = this.similarity.respond ? energyMultiplyAdds(g, this.readsPatches()) : 0;
    return making + products + norms + (this.shape.multiplyAdds?.(g) ?? 0);
  }

  /** What one of this layer's weights is for. */
  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    return this.weightParts.get(weight);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...this.stock.getConfig(),
      ...super.getConfig(),
      similarity: savePart(this.similarity) as unknown as tf.serialization.ConfigDict,
      shape: savePart(this.shape) as unknown as tf.serialization.ConfigDict,
      ...(this.predictor
        ? { predictor: savePart(this.predictor) as unknown as tf.serialization.ConfigDict }
        : {}),
    };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const { similarity, shape, predictor, ...conv } = config as unknown as Record<string, SavedPart>;
    return new cls({
      ...conv,
      similarity: restorePart('similarity', similarity as SavedPart),
      shape: restorePart('shape', shape as SavedPart),
      ...(predictor ? { predictor: restorePart('predictor', predictor) } : {}),
    } as never);
  }

  private compared(z: tf.Tensor | undefined, taps: Taps): Compared {
    return {
      kernel: (this.kernel as LayerVariable).read() as tf.Tensor4D,
      weights: this.ownWeights.map((weight) => weight.read()),
      z,
      taps,
      options: this.convOptions,
      window: this.window,
      name: this.name,
    };
  }

  private products(x: tf.Tensor4D, taps: Taps): Products {
    return products(x, (this.kernel as LayerVariable).read() as tf.Tensor4D, taps, this.convOptions);
  }

  /** Whether the taps read, or are weighted, each by itself. */
  private readsPatches(): boolean {
    if (this.shape.dynamic) return true;
    return tf.tidy(() => {
      const { offsets, modulation } = this.taps();
      return offsets !== undefined || modulation !== undefined;
    });
  }

  private get kernelSize(): Pair {
    return this.options.kernelSize as [number, number];
  }

  private get convOptions(): ConvOptions {
    const { strides, padding } = this.options;
    return {
      strides: strides as [number, number],
      pad: padding as 'same' | 'valid',
      dilations: this.dilations,
    };
  }

  private get channelsFirst(): boolean {
    return this.options.dataFormat === 'channelsFirst';
  }

  private add(weight: Weight, regularizer?: unknown, constraint?: unknown): LayerVariable {
    const variable = this.addWeight(
      weight.name,
      [...weight.shape],
      'float32',
      weight.init as never,
      regularizer as never,
      weight.trainable ?? true,
      constraint as never,
    );
    this.weightParts.set(variable, descriptionOf(weight));
    return variable;
  }

  private inputShapes(inputShape: TfShape | TfShape[]): [TfShape, TfShape | undefined] {
    return inputShapes(this.name, this.similarity, inputShape);
  }

  /** [height, width, channels] of a shape in this layer's data format. */
  private spatial(shape: TfShape): [number | null, number | null, number | null] {
    const [, a = null, b = null, c = null] = shape;
    return this.channelsFirst ? [b, c, a] : [a, b, c];
  }

  /** [B,H',W'] of the output for an input shape; null where the input's size is open. */
  private outputGrid(inputShape: TfShape): [number | null, number | null, number | null] {
    const sides = this.spatial(inputShape);
    const window = (axis: 0 | 1) => dilatedSize(this.kernelSize[axis], this.dilations[axis]);
    const stand: [number, number, number] = [sides[0] ?? window(0), sides[1] ?? window(1), sides[2] ?? 1];
    const { outHeight, outWidth } = geometry(stand, this.kernelSize, this.convOptions);
    return [inputShape[0] ?? null, sides[0] === null ? null : outHeight, sides[1] === null ? null : outWidth];
  }
}
