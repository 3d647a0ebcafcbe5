/**
 * An ONNX file as bytes: plain networks, a chain of nodes with random weights, for another engine to run forward. As
 * much of protobuf as that takes: a field is its number and type, then a varint or a length and bytes.
 */

export interface OnnxNode {
  readonly op: 'Conv' | 'Relu' | 'MaxPool' | 'Flatten' | 'Gemm';
  /** Shapes of its weights, in the order of the node's inputs. */
  readonly weights?: readonly (readonly number[])[];
  readonly attributes?: Readonly<Record<string, readonly number[]>>;
}

const IR_VERSION = 8;
const OPSET = 13;
const FLOAT = 1;
const INTS = 7;

/** The network x → nodes → y. */
export function onnxModel(inputShape: readonly number[], nodes: readonly OnnxNode[]): Uint8Array {
  const initializers: Bytes[] = [];
  const chain = nodes.map(({ op, weights = [], attributes = {} }, i) => {
    const names = weights.map((shape, k) => {
      const name = `w${i}_${k}`;
      initializers.push(bytes(5, tensor(name, shape)));
      return name;
    });
    const inputs = [i === 0 ? 'x' : `y${i - 1}`, ...names];
    return bytes(1, [
      ...inputs.map((name) => text(1, name)),
      text(2, i === nodes.length - 1 ? 'y' : `y${i}`),
      text(4, op),
      ...Object.entries(attributes).map(([name, values]) =>
        bytes(5, [text(1, name), ...values.map((value) => varint(8, value)), varint(20, INTS)]),
      ),
    ]);
  });
  const graph = [
    ...chain,
    text(2, 'network'),
    ...initializers,
    bytes(11, [text(1, 'x'), bytes(2, tensorType(inputShape))]),
    bytes(12, [text(1, 'y'), bytes(2, tensorType([]))]),
  ];
  return join([varint(1, IR_VERSION), bytes(7, graph), bytes(8, [text(1, ''), varint(2, OPSET)])]);
}

type Bytes = Uint8Array;

function tensor(name: string, shape: readonly number[]): Bytes[] {
  const size = shape.reduce((a, b) => a * b, 1);
  const fanIn = size / (shape[0] as number);
  const values = Float32Array.from({ length: size }, () => (Math.random() - 0.5) * (12 / fanIn) ** 0.5);
  return [
    ...shape.map((length) => varint(1, length)),
    varint(2, FLOAT),
    text(8, name),
    bytes(9, [new Uint8Array(values.buffer)]),
  ];
}

/** Without lengths: of any rank. */
function tensorType(shape: readonly number[]): Bytes[] {
  const dimensions = shape.map((length) => bytes(1, [varint(1, length)]));
  return [bytes(1, [varint(1, FLOAT), ...(shape.length > 0 ? [bytes(2, dimensions)] : [])])];
}

function varint(field: number, value: number): Bytes {
  return Uint8Array.from([...digits(field << 3), ...digits(value)]);
}

function bytes(field: number, parts: readonly Bytes[]): Bytes {
  const content = join(parts);
  return join([Uint8Array.from([...digits((field << 3) | 2), ...digits(content.length)]), content]);
}

function text(field: number, value: string): Bytes {
  return bytes(field, [new TextEncoder().encode(value)]);
}

/** Seven bits a byte, the lowest first. */
function digits(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) + 128);
  }
}

function join(parts: readonly Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
