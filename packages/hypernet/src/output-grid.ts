/**
 * From a map on a layer's input grid to the layer's output grid: output row (column) i takes input row
 * i·stride + centre, where the centre of its window lies. Predictors work at stride 1 and are brought to the grid of
 * the layer they serve by this, whatever its stride, padding, dilation or even kernel.
 */

import { type Geometry, type Pair, pick2d, registerLayer } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';
import { single } from './single-shape';

export interface OutputGridArgs {
  name?: string;
  trainable?: boolean;
  /** [height, width] between the rows and columns taken. */
  strides: Pair;
  /** First row and column taken. */
  centre: Pair;
  /** Number of rows and columns taken. */
  size: Pair;
}

/** Whether a layer's output grid is its input grid, so that nothing has to be picked. */
export function isInputGrid(g: Geometry): boolean {
  return (
    g.outHeight === g.height && g.outWidth === g.width && [...g.strides, ...g.centre].join() === '1,1,0,0'
  );
}

/** From [B,H,W,C] to [B,size[0],size[1],C]. Its `build` throws NeusimError LAYER_INPUT. */
export class OutputGrid extends layers.Layer {
  /** @nocollapse */
  static className = 'NeusimOutputGrid';

  private readonly strides: Pair;
  private readonly centre: Pair;
  private readonly size: Pair;

  constructor(args: OutputGridArgs) {
    super(args as unknown as ConstructorParameters<typeof layers.Layer>[0]);
    registerLayer(OutputGrid);
    this.strides = args.strides;
    this.centre = args.centre;
    this.size = args.size;
  }

  /** @throws NeusimError LAYER_INPUT where a row or column to be taken lies outside the input. */
  override build(inputShape: TfShape | TfShape[]): void {
    const [, ...sides] = single(inputShape).slice(0, 3);
    sides.forEach((side, axis) => {
      const first = this.centre[axis] as number;
      const last = first + ((this.size[axis] as number) - 1) * (this.strides[axis] as number);
      if (side !== null && (first < 0 || last >= side))
        throw new NeusimError(
          'LAYER_INPUT',
          `layer ${this.name} takes ${axis ? 'columns' : 'rows'} ${first} to ${last} of ${side}`,
          {
            data: { layer: this.name, inputShape, first, last },
            hint: "The centres of all windows must lie in the input: pad with 'same' or 'valid'.",
          },
        );
    });
    this.built = true;
  }

  override computeOutputShape(inputShape: TfShape | TfShape[]): TfShape {
    const [batch = null, , , channels = null] = single(inputShape);
    return [batch, ...this.size, channels];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = [inputs].flat()[0] as tf.Tensor4D;
    return tf.tidy(() => pick2d(x, this.centre, this.strides, this.size));
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { strides, centre, size } = this;
    return { ...super.getConfig(), strides: [...strides], centre: [...centre], size: [...size] };
  }
}
