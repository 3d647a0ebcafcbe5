/** The VGG-like CNN of the engine notes: plain tfjs layers, 0.305 GFLOP an image forward at width 64 on 32×32×3. */
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';

/**
 * Pairs of 3×3 convolutions with bias and ReLU, of `width`, twice and four times as many filters; a 2×2 max-pool
 * after each pair; a dense layer of 10.
 */
export function vggLike(size: number, width: number): LayersModel {
  const model = sequential();
  for (const [index, filters] of [width, 2 * width, 4 * width].entries()) {
    for (const first of [true, false])
      model.add(
        layers.conv2d({
          filters,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          ...(index === 0 && first ? { inputShape: [size, size, 3] } : {}),
        }),
      );
    model.add(layers.maxPooling2d({ poolSize: 2 }));
  }
  model.add(layers.flatten());
  model.add(layers.dense({ units: 10 }));
  return model;
}
