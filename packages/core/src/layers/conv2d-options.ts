/**
 * The options that the layer shares with tfjs's Conv2D. tfjs exports neither the parsers of its option values nor
 * their writers, so a Conv2D of its own, never built, parses and writes them.
 */
import { NeusimError } from '@neusim/registry';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import type { Pair } from '../geometry';
import type { Conv2DArgs, Shape, WeightInit } from '../parts';

export type { Conv2DArgs };

/** The members of tfjs's Conv2D that hold its parsed options (protected in its typings). */
export interface ParsedConv2D {
  readonly kernelSize: number[];
  readonly filters: number;
  readonly strides: number[];
  readonly padding: string;
  readonly dataFormat: string;
  readonly dilationRate: number[];
  readonly useBias: boolean;
  readonly activation: { apply(x: Tensor): Tensor } | null;
  readonly kernelInitializer: WeightInit;
  readonly biasInitializer: WeightInit;
  readonly kernelConstraint: unknown;
  readonly biasConstraint: unknown;
  readonly kernelRegularizer: unknown;
  readonly biasRegularizer: unknown;
}

/** @throws NeusimError LAYER_OPTIONS for options that tfjs refuses, and for paddings of other dimensions. */
export function parseConv2D(conv: Conv2DArgs): layers.Layer {
  if (conv.padding !== undefined && conv.padding !== 'same' && conv.padding !== 'valid')
    throw new NeusimError('LAYER_OPTIONS', `padding ${JSON.stringify(conv.padding)} is not known`, {
      data: { padding: conv.padding },
      hint: "Allowed: 'same' and 'valid'.",
    });
  try {
    return layers.conv2d({ ...conv, inputShape: undefined, batchInputShape: undefined } as Conv2DArgs);
  } catch (cause) {
    throw new NeusimError('LAYER_OPTIONS', (cause as Error).message, {
      data: { options: conv },
      hint: 'The options are those of tf.layers.conv2d.',
      cause,
    });
  }
}

/**
 * The spacing of the taps: the shape's where it fixes one.
 * @throws NeusimError LAYER_OPTIONS where `dilationRate` says another.
 */
export function chooseDilations(rate: Pair, shape: Shape): Pair {
  if (!shape.dilations) return rate;
  if (rate.some((d, axis) => d !== 1 && d !== shape.dilations?.[axis]))
    throw new NeusimError(
      'LAYER_OPTIONS',
      `dilationRate [${rate}] contradicts the shape's [${shape.dilations}]`,
      {
        data: { dilationRate: rate, shape: shape.name },
        hint: 'Give the dilation in one place.',
      },
    );
  return shape.dilations;
}
