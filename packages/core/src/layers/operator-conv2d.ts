/**
 * What the layers of operators have in common: every option of tfjs's Conv2D, the operator that they are saved with, and
 * bias and activation. A layer of an operator is applied to x [B,H,W,C] and to what the operator's networks give.
 */
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { type LayerVariable, layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { type ConvOptions, dilatedSize, type Geometry, geometry, type Pair } from '../geometry';
import type { Conv2DArgs, Operator, Weight } from '../parts';
import { type ParsedConv2D, parseConv2D } from './conv2d-options';
import { restorePart, type SavedPart, savePart } from './loading';
import { registerLayer } from './register-layer';
import { descriptionOf, type WeightDescription } from './weight-description';

/** Options of tfjs's `tf.layers.conv2d`, and: */
export interface OperatorConv2DArgs extends Conv2DArgs {
  /** The operator whose layer this is: it is saved, and its options are the layer's. */
  operator: Operator;
}

/** Base of the layers that operators are made of. Subclasses have a `className` of their own, `build` and `call`. */
export abstract class OperatorConv2D extends layers.Layer {
  readonly operator: Operator;
  /** The options of tfjs's Conv2D, parsed. */
  protected readonly options: ParsedConv2D;
  /** Never built: it parses and writes the options both have. */
  private readonly stock: layers.Layer;
  private readonly descriptions = new Map<LayerVariable, WeightDescription>();

  /**
   * @throws NeusimError LAYER_OPTIONS for options that a 2-D convolution does not have, for `channelsFirst` and for
   *   constraints, which operators do not have.
   */
  constructor({ operator, ...conv }: OperatorConv2DArgs) {
    super(conv as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(this.constructor as Parameters<typeof registerLayer>[0]);
    if (typeof operator?.apply !== 'function')
      throw refused(
        `${JSON.stringify(operator)} is no operator`,
        { operator },
        'registry.make(…) gives one.',
      );
    this.operator = operator;
    this.stock = parseConv2D(conv as Conv2DArgs);
    this.options = this.stock as unknown as ParsedConv2D;
    const { dataFormat, kernelConstraint, biasConstraint } = this.options;
    if (dataFormat === 'channelsFirst')
      throw refused(
        `operator ${operator.name} reads maps in the format 'channelsLast'`,
        { dataFormat },
        "Use dataFormat: 'channelsLast'.",
      );
    if (kernelConstraint || biasConstraint)
      throw refused(
        `operator ${operator.name} has no constraints on its weights`,
        { operator: operator.name },
        'Leave kernelConstraint and biasConstraint out.',
      );
  }

  /** Geometry for an input [B,H,W,C]; where H or W is open, the window stands in for it. */
  geometry(inputShape: TfShape | TfShape[]): Geometry {
    const [, height = null, width = null, channels = null] = firstShape(inputShape);
    if (channels === null)
      throw new NeusimError('LAYER_INPUT', `layer ${this.name} needs a known number of channels`, {
        data: { layer: this.name, inputShape },
        hint: 'Give the input its channels.',
      });
    const [rows, columns] = this.kernelSize;
    const [down, across] = this.options.dilationRate as [number, number];
    const map = [height ?? dilatedSize(rows, down), width ?? dilatedSize(columns, across)] as const;
    return geometry([...map, channels], this.kernelSize, this.convOptions);
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [batch = null, height, width] = firstShape(inputShape);
    const { outHeight, outWidth } = this.geometry(inputShape);
    return [batch, height ? outHeight : null, width ? outWidth : null, this.options.filters];
  }

  /** What one of this layer's weights is for. */
  describeWeight(weight: LayerVariable): WeightDescription | undefined {
    return this.descriptions.get(weight);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {
      ...this.stock.getConfig(),
      ...super.getConfig(),
      operator: savePart(this.operator) as unknown as tf.serialization.ConfigDict,
    };
  }

  static override fromConfig<T extends tf.serialization.Serializable>(
    cls: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    const operator = restorePart('operator', config.operator as unknown as SavedPart);
    return new cls({ ...config, operator } as never);
  }

  protected get kernelSize(): Pair {
    return this.options.kernelSize as [number, number];
  }

  protected get convOptions(): ConvOptions {
    const { strides, padding, dilationRate } = this.options;
    return {
      strides: strides as [number, number],
      pad: padding as 'same' | 'valid',
      dilations: dilationRate as [number, number],
    };
  }

  /** A new weight; kernels and biases take the regulariser of the layer's options. */
  protected add(weight: Weight): LayerVariable {
    const { name, shape, init, role, trainable = true } = weight;
    const { kernelRegularizer, biasRegularizer } = this.options;
    const regularizer = { filter: kernelRegularizer, bias: biasRegularizer }[role as string];
    const size = [...shape];
    const variable = this.addWeight(name, size, 'float32', init as never, regularizer as never, trainable);
    this.descriptions.set(variable, descriptionOf(weight));
    return variable;
  }

  /** y with a bias that fits its last axes, and the activation. */
  protected finish(y: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const biased = bias ? tf.add(y, bias) : y;
      return this.options.activation ? this.options.activation.apply(biased) : biased;
    });
  }
}

function firstShape(inputShape: TfShape | TfShape[]): TfShape {
  return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as TfShape;
}

function refused(message: string, data: Record<string, unknown>, hint: string): NeusimError {
  return new NeusimError('LAYER_OPTIONS', message, { data, hint });
}
