/** Adds what the taps of all windows have read back onto the map: the transpose of gathering patches. */
import { type Geometry, padOrCrop, patches } from '@neusim/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * dx on the whole padded map from [positions,K,C], in one UnsortedSegmentSum. A segment is a place of the map; on the
 * CPU each is summed by one thread in order, so the result is the same each time.
 */
export function segmentScatter(tapGrads: tf.Tensor3D, s: patches.Slice, g: Geometry): tf.Tensor4D {
  const [height, width] = patches.paddedSize(g);
  const rows = patches.windowHeight(s.rows, g);
  const places = placesOf(s.rows, width, g);
  const offsets = tf.tensor2d(
    Array.from({ length: s.images }, (_, image) => [image * rows * width]),
    [s.images, 1],
    'int32',
  );
  const segments = tf.reshape(tf.add(tf.tensor2d(places, [1, places.length]), offsets), [-1]) as tf.Tensor1D;
  const values = tf.reshape(tapGrads, [-1, g.channels]);
  const sums = tf.unsortedSegmentSum(values, segments, s.images * rows * width);
  const window = tf.reshape(sums, [s.images, rows, width, g.channels]) as tf.Tensor4D;
  const top = s.row * g.strides[0];
  return padOrCrop(window, [top, height - rows - top], [0, 0]);
}

/** Where in its window of the map each tap of each position reads: [rows·W'·K]. */
function placesOf(rows: number, width: number, g: Geometry): Int32Array {
  const places = new Int32Array(rows * g.outWidth * g.taps);
  let next = 0;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < g.outWidth; column++)
      for (let down = 0; down < g.kernelHeight; down++)
        for (let across = 0; across < g.kernelWidth; across++) {
          const y = row * g.strides[0] + down * g.dilations[0];
          places[next++] = y * width + column * g.strides[1] + across * g.dilations[1];
        }
  return places;
}

/** One map from the parts of each run of images: several where an image was cut into runs of rows. */
export function addRuns(parts: tf.Tensor4D[][]): tf.Tensor4D {
  return patches.join(
    parts.map((rows) => rows.reduce((sum, part) => patches.accumulate(sum, part))),
    0,
  );
}
