/**
 * TensorBoard's Event, as bytes: the few fields of `event.proto`, `summary.proto` and `tensor.proto` that are needed,
 * by their numbers.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** What a summary shows under its tag. */
export type SummaryValue =
  | { readonly tag: string; readonly scalar: number }
  /** Markdown. */
  | { readonly tag: string; readonly text: string }
  /** What a plug-in of TensorBoard reads: its bytes. */
  | { readonly tag: string; readonly plugin: string; readonly content: Uint8Array };

export type EventBody =
  /** The first record of every file. */
  | { readonly fileVersion: string }
  | { readonly summary: readonly SummaryValue[] }
  /** What earlier files tell of `step` and later ones is of no account any more. */
  | { readonly start: true };

const SESSION_START = 1;
const DT_STRING = 7;
/** SummaryMetadata.data_class. */
const TENSOR = 2;

/**
 * One event.
 * @param wallTime seconds since 1970; @param step steps done.
 */
export function encodeEvent(wallTime: number, step: number, body: EventBody): Uint8Array {
  const event = new BinaryWriter();
  event.tag(1, WireType.Bit64).double(wallTime);
  if (step !== 0) event.tag(2, WireType.Varint).int64(step);
  if ('fileVersion' in body) return event.tag(3, WireType.LengthDelimited).string(body.fileVersion).finish();
  if ('start' in body)
    return nested(event, 7, (log) => log.tag(1, WireType.Varint).int32(SESSION_START)).finish();
  return nested(event, 5, (summary) => {
    for (const value of body.summary) nested(summary, 1, (writer) => writeValue(writer, value));
  }).finish();
}

function writeValue(writer: BinaryWriter, value: SummaryValue): void {
  writer.tag(1, WireType.LengthDelimited).string(value.tag);
  if ('scalar' in value) {
    // A float: what is larger is infinite there.
    writer.tag(2, WireType.Bit32).float(Math.fround(value.scalar));
    return;
  }
  const isText = 'text' in value;
  nested(writer, 8, (tensor) => {
    tensor.tag(1, WireType.Varint).int32(DT_STRING);
    // No dimensions: one string.
    nested(tensor, 2, () => {});
    tensor.tag(8, WireType.LengthDelimited).string(isText ? value.text : '');
  });
  nested(writer, 9, (metadata) => {
    nested(metadata, 1, (plugin) => {
      plugin.tag(1, WireType.LengthDelimited).string(isText ? 'text' : value.plugin);
      if (!isText) plugin.tag(2, WireType.LengthDelimited).bytes(value.content);
    });
    metadata.tag(4, WireType.Varint).int32(TENSOR);
  });
}

/** A message within a message. */
export function nested(
  writer: BinaryWriter,
  field: number,
  write: (inner: BinaryWriter) => unknown,
): BinaryWriter {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  return writer.join();
}
