/** What TensorBoard's HParams page compares runs by: `plugins/hparams` of TensorBoard, `plugin_data.proto`. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { nested, type SummaryValue } from './event';

export type Setting = string | number | boolean;

/**
 * A config's values by their dotted paths, in its order. Lists are one value each, as JSON; what is null or left out
 * is none.
 */
export function flatSettings(config: object, path = ''): [key: string, value: Setting][] {
  return Object.entries(config).flatMap(([key, value]): [string, Setting][] => {
    const at = path ? `${path}.${key}` : key;
    if (value === null || value === undefined) return [];
    if (Array.isArray(value)) return [[at, JSON.stringify(value)]];
    if (typeof value === 'object') return flatSettings(value, at);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[at, value]]
      : [];
  });
}

/**
 * The session's start, with its settings. Without a group's name, so that no two runs are averaged into one row.
 * @param seconds since 1970.
 */
export function sessionStart(settings: [string, Setting][], seconds: number): SummaryValue {
  return hparams('_hparams_/session_start_info', 3, (info) => {
    for (const [key, value] of settings)
      nested(info, 1, (entry) => {
        entry.tag(1, WireType.LengthDelimited).string(key);
        nested(entry, 2, (inner) => writeSetting(inner, value));
      });
    info.tag(5, WireType.Bit64).double(seconds);
  });
}

const SUCCESS = 1;

/** The end of a session that was finished. */
export function sessionEnd(seconds: number): SummaryValue {
  return hparams('_hparams_/session_end_info', 4, (info) => {
    info.tag(1, WireType.Varint).int32(SUCCESS);
    info.tag(2, WireType.Bit64).double(seconds);
  });
}

function hparams(tag: string, field: number, write: (info: BinaryWriter) => void): SummaryValue {
  const content = nested(new BinaryWriter(), field, write).finish();
  return { tag, plugin: 'hparams', content };
}

/** A `google.protobuf.Value`. */
function writeSetting(writer: BinaryWriter, value: Setting): void {
  if (typeof value === 'number') writer.tag(2, WireType.Bit64).double(value);
  else if (typeof value === 'string') writer.tag(3, WireType.LengthDelimited).string(value);
  else writer.tag(4, WireType.Varint).bool(value);
}
