/**
 * A checkpoint file: the whole state of a run, so that it goes on to the same curve.
 *
 *     "NEUSIMCK"  8 bytes
 *     n           uint32, little-endian: bytes of the header
 *     header      n bytes of JSON: config, step, history, and name, shape and dtype of every tensor
 *     data        the tensors one after another, 4 bytes a value, little-endian
 *     SHA-256     32 bytes, of all before
 *
 * Files are untrusted: every size is checked against the file's own before anything is read by it.
 */
import { concatBytes, sha256Bytes } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import * as v from 'valibot';

const MAGIC = new TextEncoder().encode('NEUSIMCK');
const DIGEST_BYTES = 32;
const START = MAGIC.length + 4;
const FORMAT = 1;

/** One tensor on its way to or from a file. */
export interface StoredTensor {
  /** Name of the weight, or of the weight and the optimiser's slot: `root/kernel:velocity`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
  readonly values: Float32Array | Int32Array;
}

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const headerSchema = v.object({
  format: v.literal(FORMAT),
  config: v.record(v.string(), v.unknown()),
  backend: v.string(),
  step: whole,
  /**
   * Losses of the steps since the last multiple of `log.every`. Those of a last step's own log entry are among them,
   * so that the run can be made longer without it.
   */
  pending: v.array(v.number()),
  /** Training speed so far; files from before it was kept have none. */
  imagesPerSecond: v.optional(v.nullable(v.number()), null),
  history: v.object({
    steps: v.array(v.object({ step: whole, loss: v.number(), learningRate: v.number() })),
    evaluations: v.array(
      v.object({
        step: whole,
        testError: v.number(),
        interval: v.optional(v.number()),
        top5Error: v.nullable(v.number()),
        loss: v.nullable(v.number()),
      }),
    ),
  }),
  tensors: v.array(
    v.object({ name: v.string(), shape: v.array(whole), dtype: v.picklist(['float32', 'int32']) }),
  ),
});

type Header = v.InferOutput<typeof headerSchema>;

export interface Checkpoint extends Omit<Header, 'format' | 'tensors'> {
  readonly tensors: readonly StoredTensor[];
}

export async function encodeCheckpoint({ tensors, ...rest }: Checkpoint): Promise<Uint8Array> {
  const header: Header = {
    format: FORMAT,
    ...rest,
    tensors: tensors.map(({ name, shape, dtype }) => ({ name, shape: [...shape], dtype })),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length, true);
  const data = tensors.map(
    ({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  );
  const body = concatBytes([MAGIC, length, json, ...data]);
  return concatBytes([body, await sha256Bytes(body)]);
}

/**
 * @param path of the file, for the messages.
 * @throws NeusimError CHECKPOINT_BAD_MAGIC, CHECKPOINT_TRUNCATED, CHECKPOINT_CORRUPT, CHECKPOINT_VERSION
 */
export async function decodeCheckpoint(path: string, bytes: Uint8Array): Promise<Checkpoint> {
  if (bytes.length < START || !equalBytes(bytes.subarray(0, MAGIC.length), MAGIC))
    throw refuse('CHECKPOINT_BAD_MAGIC', path, 'it does not begin as a checkpoint does', {});
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dataStart = START + view.getUint32(MAGIC.length, true);
  if (dataStart + DIGEST_BYTES > bytes.length) throw cutShort(path, bytes.length, dataStart + DIGEST_BYTES);
  const header = parseHeader(path, bytes.subarray(START, dataStart));

  const wanted = header.tensors.reduce((sum, { shape }) => sum + 4 * size(shape), dataStart + DIGEST_BYTES);
  if (bytes.length < wanted) throw cutShort(path, bytes.length, wanted);
  const end = bytes.length - DIGEST_BYTES;
  if (bytes.length > wanted || !equalBytes(await sha256Bytes(bytes.subarray(0, end)), bytes.subarray(end)))
    throw refuse('CHECKPOINT_CORRUPT', path, 'it was altered since it was written', {
      bytes: bytes.length,
      wanted,
    });

  let at = dataStart;
  const tensors = header.tensors.map(({ name, shape, dtype }): StoredTensor => {
    // A copy: typed arrays want their data aligned. Not `slice`, which does not copy a Buffer of Node.
    const own = new Uint8Array(bytes.subarray(at, at + 4 * size(shape))).buffer;
    at += own.byteLength;
    return { name, shape, dtype, values: dtype === 'float32' ? new Float32Array(own) : new Int32Array(own) };
  });
  const { format: _, ...rest } = header;
  return { ...rest, tensors };
}

function parseHeader(path: string, bytes: Uint8Array): Header {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse('CHECKPOINT_CORRUPT', path, 'its header is no JSON', {}, cause);
  }
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format !== FORMAT)
    throw refuse('CHECKPOINT_VERSION', path, `it has format ${format}, and this version reads ${FORMAT}`, {
      format,
      known: FORMAT,
    });
  const parsed = v.safeParse(headerSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw refuse('CHECKPOINT_CORRUPT', path, `its header is wrong at ${v.getDotPath(issue) ?? 'the top'}`, {
      issue: issue.message,
    });
  }
  return parsed.output;
}

const equalBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function cutShort(path: string, bytes: number, wanted: number): NeusimError {
  return refuse('CHECKPOINT_TRUNCATED', path, `it is cut short: ${bytes} bytes of ${wanted}`, {
    bytes,
    wanted,
  });
}

function refuse(code: string, path: string, what: string, data: Record<string, unknown>, cause?: unknown) {
  return new NeusimError(code, `${path} cannot be resumed from: ${what}`, {
    data: { file: path, ...data },
    hint: 'Remove it to resume from the checkpoint before, or train anew in another folder.',
    cause,
  });
}
