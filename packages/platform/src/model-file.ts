// Models on disk in tfjs's layers-model format: model.json and one weight file, readable by plain
// `tf.loadLayersModel` over http. Two files cannot be replaced at one stroke, so the weight file is named after
// its contents (weights.<12 digits of its SHA-256>.bin): it is written first, then model.json is renamed into
// place, then what no longer belongs is removed. A save that is killed leaves the model that was there before,
// and a weight file that was cut short or altered is found out on loading.

import { NeusimError } from '@neusim/registry';
import { concatenate, sha256 } from './codecs';
import { badModel, parseModelJson, type WeightGroup, weightBytes } from './manifest';
import type { Bytes, Files, ModelArtifacts, ModelFile } from './types';

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
  const length = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
  return concatenate(
    buffers.map((buffer) => new Uint8Array(buffer)),
    length,
  );
}

function wrongSize(file: string, bytes: number, wanted: number) {
  if (bytes > wanted)
    return badModel(file, `${bytes} bytes, model.json asks for ${wanted}`, { bytes, wanted });
  return new NeusimError(
    'PLATFORM_MODEL_TRUNCATED',
    `${file} is cut short: ${bytes} bytes, model.json asks for ${wanted}`,
    { data: { file, bytes, wanted }, hint: 'copy or save the model again' },
  );
}

/** Reads the files of one group, and checks that they hold what the manifest says and what they were saved with. */
async function readGroup(files: Files, folder: string, jsonPath: string, group: WeightGroup) {
  const wanted = group.weights.reduce((sum, weight) => sum + weightBytes(jsonPath, weight), 0);
  const paths = group.paths.map((name) => files.joinPath(folder, name));
  const parts: Bytes[] = [];
  for (const path of paths) parts.push(await files.readFile(path));

  const found = parts.reduce((sum, part) => sum + part.length, 0);
  if (found !== wanted) throw wrongSize(paths.join(' + ') || jsonPath, found, wanted);
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
 * - `load` checks every size before it hands anything on. Errors: `PLATFORM_FILE_MISSING`,
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
      const { json, groups } = parseModelJson(jsonPath, await files.readText(jsonPath));
      const parts: Bytes[] = [];
      for (const group of groups) parts.push(...(await readGroup(files, folder, jsonPath, group)));
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      return {
        ...savedKeys(json),
        weightSpecs: groups.flatMap((group) => group.weights),
        weightData: concatenate(parts, length).buffer,
      };
    },
  };
}
