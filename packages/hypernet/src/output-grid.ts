/**
 * From a map on a layer's input grid to the layer's output grid: output row (column) i takes input row
 * i·stride + centre, where the centre of its window lies. Predictors work at stride 1 and are brought to the grid of
 * the layer they serve by this, whatever its stride, padding, dilation or even kernel.
 *
 * Made of slices and reshapes of rank 4 and less: tfjs's strided slice has no gradient, and its rank-5 pad is
 * wrong on webgpu.
 */

import { type Geometry, type Pair, registerLayer } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { layers, type Shape as TfShape } from '@tensorflow/tfjs-layers';

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

/** From [B,H,W,C] to [B,size[0],size[1],C]. */
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
    const [batch, height, width, channels] = x.shape;
    const [rows, columns] = this.size;
    return tf.tidy(() => {
      const byRow = tf.reshape(x, [batch, height, width * channels]) as tf.Tensor3D;
      const picked = pick(byRow, this.centre[0], this.strides[0], rows);
      const byColumn = tf.reshape(picked, [batch * rows, width, channels]) as tf.Tensor3D;
      const taken = pick(byColumn, this.centre[1], this.strides[1], columns);
      return tf.reshape(taken, [batch, rows, columns, channels]);
    });
  }

  multiplyAdds(): number {
    return 0;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { strides, centre, size } = this;
    return { ...super.getConfig(), strides: [...strides], centre: [...centre], size: [...size] };
  }
}

/** `count` entries of axis 1, every `stride`th from `first` on: [N,L,V] to [N,count,V]. */
function pick(x: tf.Tensor3D, first: number, stride: number, count: number): tf.Tensor3D {
  const [n, length, values] = x.shape;
  if (first === 0 && stride === 1 && count === length) return x;
  // The last group has to be whole, but only its first entry must exist.
  const wanted = count * stride;
  const there = Math.min(wanted, length - first);
  const slice = tf.slice(x, [0, first, 0], [n, there, values]);
  if (stride === 1) return slice;
  const whole =
    there === wanted
      ? slice
      : tf.pad(slice, [
          [0, 0],
          [0, wanted - there],
          [0, 0],
        ]);
  const groups = tf.reshape(whole, [n, count, stride * values]) as tf.Tensor3D;
  return tf.slice(groups, [0, 0, 0], [n, count, values]);
}

function single(inputShape: TfShape | TfShape[]): TfShape {
  return (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as TfShape;
}
