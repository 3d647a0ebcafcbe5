/** Reading event files back: for tests, and to see what a run has told. */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { NeusimError } from '@neusim/registry';
import { readRecords } from '../tfrecord';

/** What one event says; fields that this package does not write are left out. */
export interface ReadEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly fileVersion?: string;
  /** Whether it is a session's start, from whose step on earlier files do not count. */
  readonly start?: boolean;
  readonly scalars: Readonly<Record<string, number>>;
  /** Texts, and the names of the plug-ins of what is neither scalar nor text. */
  readonly texts: Readonly<Record<string, string>>;
  readonly plugins: Readonly<Record<string, string>>;
}

export interface EventFileContent {
  readonly events: readonly ReadEvent[];
  /** Bytes of a last event that a killed process has cut short; 0 where there is none. */
  readonly cutShort: number;
}

/**
 * The events of a file.
 * @param file its name, for errors.
 * @throws NeusimError EXPORT_BAD_RECORD where a checksum does not fit, EXPORT_BAD_EVENT where a record is no event.
 */
export function readEventFile(bytes: Uint8Array, file = 'the file'): EventFileContent {
  const { records, cutShort } = readRecords(bytes, file);
  const events = records.map((record, index) => {
    try {
      return readEvent(record);
    } catch (cause) {
      throw new NeusimError('EXPORT_BAD_EVENT', `${file}: record ${index} is no event of TensorBoard`, {
        data: { file, record: index },
        hint: 'Give a file whose name begins with events.out.tfevents.',
        cause,
      });
    }
  });
  return { events, cutShort };
}

function readEvent(bytes: Uint8Array): ReadEvent {
  const event = {
    wallTime: 0,
    step: 0,
    scalars: {} as Record<string, number>,
    texts: {} as Record<string, string>,
    plugins: {} as Record<string, string>,
  };
  const more: { fileVersion?: string; start?: boolean } = {};
  eachField(bytes, {
    1: (reader) => {
      event.wallTime = reader.double();
    },
    2: (reader) => {
      event.step = Number(reader.int64());
    },
    3: (reader) => {
      more.fileVersion = reader.string();
    },
    5: (reader) => eachField(reader.bytes(), { 1: (inner) => readValue(inner.bytes(), event) }),
    7: (reader) =>
      eachField(reader.bytes(), {
        1: (inner) => {
          more.start = inner.int32() === 1;
        },
      }),
  });
  return { ...event, ...more };
}

function readValue(
  bytes: Uint8Array,
  into: {
    scalars: Record<string, number>;
    texts: Record<string, string>;
    plugins: Record<string, string>;
  },
): void {
  let tag = '';
  let text = '';
  let plugin = '';
  let scalar: number | undefined;
  eachField(bytes, {
    1: (reader) => {
      tag = reader.string();
    },
    2: (reader) => {
      scalar = reader.float();
    },
    8: (reader) =>
      eachField(reader.bytes(), {
        8: (inner) => {
          text = inner.string();
        },
      }),
    9: (reader) =>
      eachField(reader.bytes(), {
        1: (metadata) =>
          eachField(metadata.bytes(), {
            1: (inner) => {
              plugin = inner.string();
            },
          }),
      }),
  });
  if (scalar !== undefined) into.scalars[tag] = scalar;
  else if (plugin === 'text') into.texts[tag] = text;
  else if (plugin) into.plugins[tag] = plugin;
}

type Fields = Readonly<Record<number, (reader: BinaryReader, wireType: WireType) => void>>;

/** Reads a message's fields; those not named are passed over. */
function eachField(bytes: Uint8Array, fields: Fields): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    const read = fields[field];
    if (read) read(reader, wireType);
    else reader.skip(wireType, field);
  }
}
