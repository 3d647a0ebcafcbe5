import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { checkLayer, type LayerCheck } from './check-layer';
import { layerVariants } from './layer/variants';
import { convolutionForward } from './oracle/convolution';
import type { CheckRow } from './report';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** tfjs has no gradient of a convolution with dilation. */
const undilated = layerVariants([8, 8, 3]).filter(({ options }) => options.dilationRate[0] === 1);

/** The check without the layer's own name, which tfjs numbers. */
const plainName = ({ check }: CheckRow) => check.replace(/by \w+\//, 'by ');

const failures = (check: LayerCheck): Promise<string[]> =>
  checkLayer(check).then(
    () => [],
    (error: { code: string; data: { rows: CheckRow[] } }) => {
      expect(error.code).toBe('CHECK_FAILED');
      return error.data.rows.filter((row) => !row.ok).map(plainName);
    },
  );

/** y = scale · x, a layer with a switch for each mistake. */
class Scale extends tfl.layers.Layer {
  static className = 'NeusimTestScale';
  protected scale!: tfl.LayerVariable;
  constructor(private readonly config: { name?: string; factor?: number } = {}) {
    super(config as object);
  }
  override build(inputShape: tfl.Shape): void {
    const initializer = tfl.initializers.ones();
    this.scale = this.addWeight('scale', [inputShape.at(-1)!], 'float32', initializer, undefined, true);
    this.built = true;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.tidy(() => this.compute([inputs].flat()[0]!));
  }
  protected compute(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.mul(x, this.scale.read()), this.config.factor ?? 1);
  }
  override getConfig() {
    return { ...super.getConfig(), factor: this.config.factor ?? 1 };
  }
}
tf.serialization.registerClass(Scale);

describe('right layers pass', () => {
  test('a stock layer in the minimal call', async () => {
    const { rows } = await checkLayer({ layer: () => tfl.layers.dense({ units: 4 }), inputShape: [5] });
    const checks = rows.map(plainName);
    expect(checks).toEqual(
      expect.arrayContaining([
        'output shape',
        'gradient by input',
        'gradient by kernel',
        'gradient by bias',
        'training step lowers the loss',
        'save and load: output',
        'batch 33: gradient',
        'tensors left by all checks',
      ]),
    );
  });

  test('a convolution in every window, against its oracle', async () => {
    const { rows } = await checkLayer({
      name: 'conv2d',
      layer: (x, options) => tfl.layers.conv2d({ filters: 4, useBias: false, ...options }).apply(x),
      inputShape: [8, 8, 3],
      variants: undilated,
      oracle: ({ input, weights, options: { strides, padding, dilationRate } }) =>
        convolutionForward(
          { x: input, w: weights[0]!, m: null },
          { strides, pad: padding, dilations: dilationRate },
        ),
    });
    expect(rows.find((row) => plainName(row) === 'gradient by kernel')!.allowed).toBe(1e-5);
  });

  test('kinks, batch statistics and a weight without influence', async () => {
    await checkLayer({
      layer: (x, options) => {
        const y = tfl.layers.conv2d({ filters: 6, ...options }).apply(x);
        const normal = tfl.layers.batchNormalization().apply(y);
        return tfl.layers.reLU().apply(normal);
      },
      inputShape: [6, 6, 2],
      variants: undilated.filter(({ name }) => name !== 'batch 0'),
    });
  });

  test('a random layer is held to its reproducible mode', async () => {
    await checkLayer({
      layer: (x) => tfl.layers.dense({ units: 3 }).apply(tfl.layers.dropout({ rate: 0.5 }).apply(x) as never),
      inputShape: [7],
    });
  });

  test('a layer without weights, and second order', async () => {
    await checkLayer({ layer: () => tfl.layers.flatten(), inputShape: [4, 3, 2] });
    await checkLayer({ layer: () => new Scale(), inputShape: [4], secondOrder: true });
    await checkLayer({
      layer: (x) => {
        const hidden = tfl.layers.dense({ units: 8 }).apply(x) as tfl.SymbolicTensor;
        return tfl.layers.dense({ units: 2 }).apply(tfl.layers.reLU().apply(hidden));
      },
      inputShape: [4],
      secondOrder: true,
    });
  });
});

describe('wrong layers fail', () => {
  test('shape promised and shape given differ', async () => {
    class WrongShape extends Scale {
      static override className = 'NeusimTestWrongShape';
      override computeOutputShape(shape: tfl.Shape): tfl.Shape {
        return [...shape.slice(0, -1), 7];
      }
    }
    tf.serialization.registerClass(WrongShape);
    expect(await failures({ layer: () => new WrongShape(), inputShape: [4] })).toContain('output shape');
  });

  test('values against the oracle', async () => {
    const checks = await failures({
      layer: () => new Scale({ factor: 1.001 }),
      inputShape: [4],
      oracle: ({ input, weights }) => ({
        shape: input.shape,
        data: input.data.map((value, i) => value * weights[0]!.data[i % 4]!),
      }),
    });
    expect(checks).toContain('output against the oracle');
    expect(checks).toContain('gradient by scale');
    expect(checks).toContain('batch 33: output against the oracle');
  });

  test('a gradient off by two thousandths', async () => {
    class WrongGradient extends Scale {
      static override className = 'NeusimTestWrongGradient';
      protected override compute(x: tf.Tensor): tf.Tensor {
        const off = tf.customGrad((scale) => ({
          value: tf.clone(scale as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => tf.mul(dy, 1.002),
        }));
        return tf.mul(x, off(this.scale.read()));
      }
    }
    tf.serialization.registerClass(WrongGradient);
    const wrong = { layer: () => new WrongGradient(), inputShape: [4] };
    expect(await failures(wrong)).toEqual([
      'gradient by scale',
      ...['batch 1', 'batch 33'].map((name) => `${name}: gradient`),
    ]);
    expect(await failures({ ...wrong, surrogate: (weight) => weight.endsWith('/scale') })).toEqual([]);
  });

  test('a gradient off by a hundredth in front of kinks', async () => {
    class OffByAHundredth extends Scale {
      static override className = 'NeusimTestOffByAHundredth';
      protected override compute(x: tf.Tensor): tf.Tensor {
        const off = tf.customGrad((input) => ({
          value: tf.clone(input as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => tf.mul(dy, 1.01),
        }));
        return super.compute(off(x));
      }
    }
    tf.serialization.registerClass(OffByAHundredth);
    const checks = await failures({
      layer: (x) => {
        const y = tfl.layers.conv2d({ filters: 6, kernelSize: 3 }).apply(x) as tfl.SymbolicTensor;
        return tfl.layers.reLU().apply(new OffByAHundredth().apply(y) as tfl.SymbolicTensor);
      },
      inputShape: [6, 6, 2],
      variants: [],
    });
    expect(checks).toEqual(['gradient by input', 'gradient by kernel', 'gradient by bias']);
  });

  test('a weight that no gradient reaches', async () => {
    class Detached extends Scale {
      static override className = 'NeusimTestDetached';
      protected override compute(x: tf.Tensor): tf.Tensor {
        return tf.mul(x, tf.tensor(this.scale.read().dataSync()));
      }
    }
    tf.serialization.registerClass(Detached);
    const checks = await failures({ layer: () => new Detached(), inputShape: [4] });
    expect(checks).toContain('gradient by scale');
    expect(checks).toContain('training step lowers the loss');
  });

  test('a second-order gradient that is silently wrong: exp', async () => {
    class Exponential extends Scale {
      static override className = 'NeusimTestExponential';
      protected override compute(x: tf.Tensor): tf.Tensor {
        return tf.exp(tf.mul(x, this.scale.read()));
      }
    }
    tf.serialization.registerClass(Exponential);
    const check = { layer: () => new Exponential(), inputShape: [4] };
    expect(await failures(check)).toEqual([]);
    expect(await failures({ ...check, secondOrder: true })).toEqual(['second-order gradient']);
  });

  test('a tensor left behind by a call outside a tidy, and one kept', async () => {
    class Untidy extends Scale {
      static override className = 'NeusimTestUntidy';
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return this.compute([inputs].flat()[0]!);
      }
    }
    class Keeping extends Scale {
      static override className = 'NeusimTestKeeping';
      protected override compute(x: tf.Tensor): tf.Tensor {
        tf.keep(tf.scalar(1));
        return super.compute(x);
      }
    }
    tf.serialization.registerClass(Untidy);
    tf.serialization.registerClass(Keeping);
    const untidy = await failures({ layer: () => new Untidy({ name: 'untidy' }), inputShape: [4] });
    expect(untidy).toEqual(['tensors left by a call of NeusimTestUntidy untidy']);
    const keeping = await failures({ layer: () => new Keeping({ name: 'keeping' }), inputShape: [4] });
    expect(keeping).toContain('tensors left by a training step');
  });

  test('a configuration that is not saved', async () => {
    class Forgetful extends Scale {
      static override className = 'NeusimTestForgetful';
      override getConfig() {
        return { ...super.getConfig(), factor: 1 };
      }
    }
    tf.serialization.registerClass(Forgetful);
    const checks = await failures({ layer: () => new Forgetful({ factor: 3 }), inputShape: [4] });
    expect(checks).toEqual(['save and load: output']);
  });

  test('a shape the layer refuses becomes a row of its own', async () => {
    const checks = await failures({
      layer: (x, options) => tfl.layers.conv2d({ filters: 2, ...options, padding: 'valid' }).apply(x),
      inputShape: [8, 8, 3],
      variants: undilated.filter(({ name }) => /image|valid/.test(name)),
    });
    expect(checks).toEqual(expect.arrayContaining([expect.stringMatching(/^image 1x1: /)]));
  });

  test('something that is no layer', async () => {
    expect(await failures({ layer: () => [], inputShape: [4], variants: [] })).toEqual(['runs']);
  });
});
