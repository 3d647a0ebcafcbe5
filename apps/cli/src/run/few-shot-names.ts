// Names that a few-shot command is given: checked before an engine is started or an image is read.

import { type FewShotConfig, fewShotPresets } from '@neusim/fewshot';
import { splitPart } from '@neusim/models';
import { exists } from '@neusim/platform';
import { type AnyRegistry, NeusimError, suggest } from '@neusim/registry';
import { nearestFolder } from './nearest-folder';

const hasSlash = (word: string) => /[\\/]/.test(word);

/** Names of the presets that train a method. */
const presetsOf = (method: string) =>
  fewShotPresets.filter(({ config }) => splitPart(config.method).name === method).map(({ name }) => name);

/** @throws NeusimError REGISTRY_UNKNOWN_NAME */
export function requireMethod(registry: AnyRegistry, name: string): void {
  registry.version('method', name);
}

/**
 * A word that is to be trained, and no file.
 * @throws NeusimError PRESET_UNKNOWN with the nearest of all presets and methods
 */
export function requireLearner(registry: AnyRegistry, word: string): void {
  const presets = fewShotPresets.map(({ name }) => name);
  if (presets.includes(word) || registry.has('method', word)) return;
  const methods = registry.list('method').map(({ name }) => name);
  const known = [...methods, ...presets];
  const nearest = suggest(word, known) ?? known.find((name) => name.startsWith(`${word}-`));
  throw new NeusimError('PRESET_UNKNOWN', `there is no few-shot preset and no method '${word}'`, {
    data: { name: word, known, nearest },
    hint: `${nearest ? `did you mean "${nearest}"? ` : ''}\`npx neusim list preset\` and \`npx neusim list method\` name all`,
  });
}

/**
 * What a config names of method and backbone, and its number of steps.
 * @throws NeusimError REGISTRY_UNKNOWN_NAME; CONFIG_INVALID where the steps are left out
 */
export function requireNames(registry: AnyRegistry, config: Readonly<Record<string, unknown>>): void {
  const { method, backbone } = config;
  if (isPart(method)) requireMethod(registry, splitPart(method).name);
  if (isPart(backbone) && backbone !== 'identity') registry.version('model', splitPart(backbone).name);
  if (config.steps !== undefined || !isPart(method)) return;
  const { name } = splitPart(method);
  const presets = presetsOf(name);
  throw new NeusimError('CONFIG_INVALID', `config: steps: missing; it says how long ${name} is trained`, {
    data: { path: 'steps', met: undefined, presets },
    hint: `add --set steps=N, 2000 for instance${presets.length > 0 ? `; or train a preset, which has it: ${presets.join(', ')}` : ''}`,
  });
}

const isPart = (value: unknown): value is FewShotConfig['method'] =>
  typeof value === 'string' || typeof Object(value).name === 'string';

/**
 * The folder of a run, or one of its checkpoints.
 * @throws NeusimError CLI_NOT_A_RUN where nothing is there
 */
export async function requireRun(registry: AnyRegistry, path: string): Promise<void> {
  if (await exists(path)) return;
  if (registry.has('method', path))
    throw new NeusimError('CLI_NOT_A_RUN', `there is no run ${path}; it is a method`, {
      data: { folder: path },
      hint: `a method is named by --method ${path}, with --data FOLDER and, if you have one, --backbone FOLDER`,
    });
  const nearest = await nearestFolder(path);
  throw new NeusimError('CLI_NOT_A_RUN', `there is no folder ${path}`, {
    data: { folder: path, nearest },
    hint: nearest
      ? `did you mean "${nearest}"?`
      : 'name the folder of a run of `npx neusim fewshot train`: its --out, by default runs/NAME',
  });
}

/**
 * Words of a comparison that are no folders of runs.
 * @throws NeusimError as `requireRun` for what looks like a folder, else as `requireMethod`
 */
export async function requireMethods(registry: AnyRegistry, names: readonly string[]): Promise<void> {
  for (const name of names)
    if (hasSlash(name)) await requireRun(registry, name);
    else requireMethod(registry, name);
}
