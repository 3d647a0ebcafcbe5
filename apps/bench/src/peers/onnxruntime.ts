/** Forward passes of plain networks in onnxruntime-node, which is native; where it is installed. */
import { type Findings, row } from '../report';
import { convShape, gflop, nameOf, ratioShapes } from '../suites/shapes';
import { type OnnxNode, onnxModel } from './onnx-model';

/** What is used of onnxruntime-node. */
interface Runtime {
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { intraOpNumThreads: number },
    ): Promise<{ run(feeds: object): Promise<unknown> }>;
  };
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => object;
}

/** Resolved when it is run: nothing here depends on it. */
const peer = 'onnxruntime-node';

export async function benchOnnxruntime(quick: boolean): Promise<Findings> {
  let runtime: Runtime;
  try {
    runtime = (await import(peer)) as Runtime;
  } catch (error) {
    return { rows: [], ratios: {}, notRun: [`${peer}: ${(error as Error).message.split('\n')[0]}`] };
  }
  const rows: Findings['rows'][number][] = [];
  const time = async (shape: readonly number[], nodes: readonly OnnxNode[]) =>
    timeNetwork(runtime, onnxModel(shape, nodes), shape, quick ? 2 : 9);
  for (const each of quick ? [convShape(2, 4, 4, 4)] : ratioShapes) {
    const { batch, channels, height, width } = each;
    const times = await time([batch, channels, height, width], [conv(channels, each.filters)]);
    rows.push(row(`${nameOf(each)}, plain forward`, { engine: peer, times }, gflop(each), 'GFLOP/s'));
  }
  const [batch, size, width] = quick ? [2, 8, 4] : [32, 32, 64];
  const times = await time([batch, 3, size, size], vggLike(size, width));
  rows.push(row('VGG-like forward', { engine: peer, times }, batch, 'images/s'));
  return { rows, ratios: {} };
}

async function timeNetwork(
  { InferenceSession, Tensor }: Runtime,
  model: Uint8Array,
  shape: readonly number[],
  rounds: number,
): Promise<readonly number[]> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  const size = shape.reduce((a, b) => a * b, 1);
  const x = new Tensor(
    'float32',
    Float32Array.from({ length: size }, () => Math.random() - 0.5),
    shape,
  );
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    await session.run({ x });
    if (round >= 0) times.push(performance.now() - start);
  }
  return times;
}

function conv(channels: number, filters: number, biased = false): OnnxNode {
  return {
    op: 'Conv',
    weights: [[filters, channels, 3, 3], ...(biased ? [[filters]] : [])],
    attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
  };
}

function vggLike(size: number, width: number): readonly OnnxNode[] {
  let channels = 3;
  const stages = [width, 2 * width, 4 * width].flatMap((filters): OnnxNode[] => {
    const pair = [conv(channels, filters, true), conv(filters, filters, true)];
    channels = filters;
    return [
      ...pair.flatMap((each): OnnxNode[] => [each, { op: 'Relu' }]),
      { op: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    ];
  });
  const features = (size / 8) ** 2 * channels;
  return [...stages, { op: 'Flatten' }, { op: 'Gemm', weights: [[features, 10], [10]] }];
}
