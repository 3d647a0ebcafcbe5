// Models on disk in tfjs's layers-model format: model.json and one weight file, readable by plain
// `tf.loadLayersModel` over http. Two files cannot be replaced at one stroke, so the weight file is named after
// its contents (weights.<12 digits of its SHA-256>.bin): it is written first, then model.json is renamed into
// place, then what no longer belongs is removed. A save that is killed leaves the model that was there before,
// and a weight file that was cut short or altered is found out on loading.

import { NeusimError } from '@neusim/registry';
import { concatBytes, sha256 } from './codecs';
import { badModel, parseModelJson, type WeightGroup, weightBytes } from './manifest';
import type { Bytes, Files, ModelArtifacts, ModelFile } from './types';

/** A topology of a hundred thousand layers would fit. */
const LARGEST_JSON = 64 * 2 ** 20;
const OWN_WEIGHT_FILE = /^weights\.([0-9a-f]{12})\.bin$/;

const SAVED_KEYS = [
  'modelTopology',
  'format',
  'generatedBy',
  'convertedBy',
  'trainingConfig',
  'signature',
  'userDefinedMetadata',
  'modelInitializer',
  'initializerSignature',
] as const satisfies readonly (keyof ModelArtifacts)[];

/** What is copied as it stands from artifacts to model.json and back. */
function savedKeys(from: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(SAVED_KEYS.filter((key) => from[key] != null).map((key) => [key, from[key]]));
}

function joinWeights(data: ModelArtifacts['weightData']): Bytes {
  const buffers = data === undefined ? [] : Array.isArray(data) ? data : [data];
  if (buffers.length === 1) return new Uint8Array(buffers[0]!);
  return concatBytes(buffers.map((buffer) => new Uint8Array(buffer)));
}

function cutShort(file: string, bytes: number, wanted: number) {
  return new NeusimError(
    'PLATFORM_MODEL_TRUNCATED',
    `${file} is cut short: ${bytes} bytes, model.json asks for ${wanted}`,
    { data: { file, bytes, wanted }, hint: 'copy or save the model again' },
  );
}

/** A file of which model.json leaves room for `room` bytes; one that holds more is not read. */
async function readAtMost(files: Files, path: string, room: number): Promise<Bytes> {
  try {
    return await files.readFile(path, room);
  } catch (cause) {
    if (!(cause instanceof NeusimError) || cause.code !== 'PLATFORM_TOO_LARGE') throw cause;
    throw badModel(path, `more than the ${room} bytes that model.json asks for`, { wanted: room }, cause);
  }
}

/** Reads the files of one group, and checks that they hold what the manifest says and what they were saved with. */
async function readGroup(files: Files, folder: string, jsonPath: string, group: WeightGroup) {
  const wanted = group.weights.reduce((sum, weight) => sum + weightBytes(jsonPath, weight), 0);
  const paths = group.paths.map((name) => files.joinPath(folder, name));
  const parts: Bytes[] = [];
  let found = 0;
  for (const path of paths) {
    const part = await readAtMost(files, path, wanted - found);
    found += part.length;
    parts.push(part);
  }
  if (found < wanted) throw cutShort(paths.join(' + ') || jsonPath, found, wanted);
  for (const [index, name] of group.paths.entries()) {
    const digest = OWN_WEIGHT_FILE.exec(name)?.[1];
    if (digest && !(await sha256(parts[index]!)).startsWith(digest)) {
      throw badModel(paths[index]!, 'altered since it was saved (its SHA-256 is not the one in its name)');
    }
  }
  return parts;
}

/**
 * The model in a folder, or at `FOLDER/model.json`.
 *
 * - `save` makes the folder. Errors: `PLATFORM_BAD_MODEL`, `PLATFORM_WRITE_FAILED`.
 * - `load` reads no more of a file than model.json asks for. Errors: `PLATFORM_FILE_MISSING`, `PLATFORM_TOO_LARGE`,
 *   `PLATFORM_MODEL_TRUNCATED`, `PLATFORM_BAD_MODEL`, `PLATFORM_UNSAFE_PATH`.
 */
export function modelFileIn(files: Files, path: string): ModelFile {
  const folder = path.replace(/(^|[\\/])model\.json$/, '') || '.';
  const jsonPath = files.joinPath(folder, 'model.json');

  return {
    async save(artifacts) {
      const { modelTopology, weightSpecs = [] } = artifacts;
      if (modelTopology === undefined || modelTopology instanceof ArrayBuffer) {
        throw badModel(jsonPath, 'only layers models, whose topology is JSON, are saved here');
      }
      const weights = joinWeights(artifacts.weightData);
      const wanted = weightSpecs.reduce((sum, weight) => sum + weightBytes(jsonPath, weight), 0);
      if (weights.length !== wanted) {
        throw badModel(jsonPath, `${weights.length} bytes of weights given, the specs ask for ${wanted}`);
      }
      const name = `weights.${(await sha256(weights)).slice(0, 12)}.bin`;
      const weightsManifest = [{ paths: [name], weights: weightSpecs }];
      const json = JSON.stringify({ ...savedKeys({ ...artifacts }), weightsManifest });

      await files.makeFolder(folder);
      await files.writeAtomic(files.joinPath(folder, name), weights);
      await files.writeAtomic(jsonPath, json);
      for (const other of await files.listFolder(folder)) {
        if (OWN_WEIGHT_FILE.test(other) && other !== name) {
          await files.removeFile(files.joinPath(folder, other));
        }
      }
      return {
        modelArtifactsInfo: {
          dateSaved: new Date(),
          modelTopologyType: 'JSON',
          modelTopologyBytes: JSON.stringify(modelTopology).length,
          weightSpecsBytes: JSON.stringify(weightSpecs).length,
          weightDataBytes: weights.length,
        },
      };
    },

    async load() {
      const { json, groups } = parseModelJson(jsonPath, await files.readText(jsonPath, LARGEST_JSON));
      const parts: Bytes[] = [];
      for (const group of groups) parts.push(...(await readGroup(files, folder, jsonPath, group)));
      return {
        ...savedKeys(json),
        weightSpecs: groups.flatMap((group) => group.weights),
        weightData: concatBytes(parts).buffer,
      };
    },
  };
}
