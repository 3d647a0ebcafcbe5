// Reads a model.json that may come from anywhere: its shape and the paths it names are checked before any other file
// is opened, and the sizes it promises bound what is read of the others.

import { NeusimError } from '@neusim/registry';
import type { WeightSpec } from './types';

export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const BYTES_PER_VALUE: Record<string, number> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function badModel(file: string, message: string, data: Record<string, unknown> = {}, cause?: unknown) {
  return new NeusimError('PLATFORM_BAD_MODEL', `${file}: ${message}`, {
    data: { file, ...data },
    hint: 'the file is damaged, cut short, or no tfjs layers model: save it again',
    cause,
  });
}

/**
 * Bytes a weight takes in the file.
 * @throws NeusimError `PLATFORM_BAD_MODEL`
 */
export function weightBytes(file: string, weight: WeightSpec): number {
  const { name, shape, quantization } = weight;
  const dtype = quantization?.dtype ?? weight.dtype;
  const each = Object.hasOwn(BYTES_PER_VALUE, dtype) ? BYTES_PER_VALUE[dtype] : undefined;
  if (each === undefined) {
    throw badModel(file, `weight "${name}" has dtype "${dtype}"; allowed: ${Object.keys(BYTES_PER_VALUE)}`, {
      weight: name,
      dtype,
    });
  }
  const bytes = shape.reduce((product, size) => product * size, each);
  if (!shape.every((size) => Number.isInteger(size) && size >= 0) || !Number.isSafeInteger(bytes)) {
    throw badModel(file, `weight "${name}" has shape [${shape}]`, { weight: name, shape });
  }
  return bytes;
}

/**
 * A path of the manifest, without a leading `./`. It has to stay in the model's folder.
 * @throws NeusimError `PLATFORM_UNSAFE_PATH`
 */
export function safePath(file: string, path: string): string {
  const parts = path.replace(/^\.\//, '').split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\:\0]/.test(part))) {
    throw new NeusimError('PLATFORM_UNSAFE_PATH', `${file} names the weight file "${path}"`, {
      data: { file, path },
      hint: "a model's weight files lie in the model's own folder",
    });
  }
  return parts.join('/');
}

function parseWeight(file: string, value: unknown): WeightSpec {
  const ok =
    isRecord(value) &&
    typeof value.name === 'string' &&
    typeof value.dtype === 'string' &&
    Array.isArray(value.shape) &&
    (value.quantization === undefined ||
      (isRecord(value.quantization) && typeof value.quantization.dtype === 'string'));
  if (!ok) throw badModel(file, 'a weight of the manifest lacks a name, a dtype or a shape');
  return value as unknown as WeightSpec;
}

function parseGroup(file: string, value: unknown): WeightGroup {
  if (!isRecord(value) || !Array.isArray(value.paths) || !Array.isArray(value.weights)) {
    throw badModel(file, 'a group of the manifest lacks paths or weights');
  }
  return {
    paths: value.paths.map((path) => safePath(file, String(path))),
    weights: value.weights.map((weight) => parseWeight(file, weight)),
  };
}

/**
 * Parses the text of a model.json; `file` names it in errors.
 * @throws NeusimError `PLATFORM_BAD_MODEL`, `PLATFORM_UNSAFE_PATH`
 */
export function parseModelJson(file: string, text: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badModel(file, `${text.length} characters that are not JSON`, { length: text.length }, cause);
  }
  if (!isRecord(json) || !isRecord(json.modelTopology)) throw badModel(file, 'no modelTopology');
  if (!Array.isArray(json.weightsManifest)) throw badModel(file, 'no weightsManifest');
  return { json, groups: json.weightsManifest.map((group) => parseGroup(file, group)) };
}
