// `neusim list [kind]`: what can be named in a config, and the config's own keys.

import { type FewShotPreset, fewShotPresets } from '@neusim/fewshot';
import { splitPart } from '@neusim/models';
import { type AnyRegistry, kinds, NeusimError, suggest } from '@neusim/registry';
import { findPreset, presets } from '@neusim/train';
import { packageVersion } from '../package-version';
import { listAllSettings, listSettings, type Setting } from '../settings/settings';
import type { Outcome } from '../terminal/terminal';
import { type Column, textTable } from '../terminal/text-table';

const columns = [{ title: 'name' }, { title: 'version' }, { title: 'plug-in' }, { title: 'what it is' }];

/** Kinds of the registry, `preset`, and `config`. */
export const listable: readonly string[] = [...kinds, 'preset', 'config'];

export interface ListOptions {
  /** Of `config`: whose values are shown. */
  readonly preset?: string;
  /** Of `config`: the keys of a few-shot config that names this method. */
  readonly method?: string;
}

/**
 * @param kind left out: the kinds themselves.
 * @throws NeusimError `CLI_UNKNOWN_KIND`, `CLI_USAGE`, `PRESET_UNKNOWN`
 */
export function list(
  registry: AnyRegistry,
  kind: string | undefined,
  { preset, method }: ListOptions = {},
): Outcome {
  if (kind === undefined) return listKinds(registry);
  const known = listable.find((each) => each === kind || `${each}s` === kind);
  if (!known) {
    const nearest = suggest(kind, listable);
    throw new NeusimError('CLI_UNKNOWN_KIND', `"${kind}" is no kind; known: ${listable.join(', ')}`, {
      data: { kind, known: listable, nearest },
      hint: nearest ? `did you mean "${nearest}"?` : 'for example `npx neusim list similarity`',
    });
  }
  if ((preset ?? method) !== undefined && known !== 'config')
    throw new NeusimError('CLI_USAGE', '--preset and --method are for `list config`', {
      data: { kind, preset, method },
      hint: 'npx neusim list config --preset nsn-cifar',
    });
  if (known === 'config') {
    if (method !== undefined) return listConfig(registry, methodConfig(registry, method));
    return listConfig(registry, preset === undefined ? undefined : anyPreset(preset));
  }
  if (known === 'preset') return listPresets();
  const rows = registry
    .list(known as (typeof kinds)[number])
    .map(({ name, version, plugin, summary }) => ({ name, version, plugin, summary }));
  const text = rows.length
    ? textTable(
        columns,
        rows.map(({ name, version, plugin, summary }) => [name, version, plugin, summary]),
      )
    : `Nothing of kind ${known} is known here.`;
  return { json: rows, text };
}

const aboutKind: Readonly<Record<string, string>> = {
  similarity: 'how a kernel is compared with its patch: M',
  shape: 'which taps a kernel has, and where they read: D and S',
  predictor: 'what predicts a dynamic M from the input',
  operator: 'layers that are no M',
  dataset: 'images, and where they come from',
  model: 'networks',
  method: 'few-shot methods',
  backend: 'engines',
  preset: 'configs with a name: what `neusim train` takes',
  config: 'every key of a config, with its default',
};

function listKinds(registry: AnyRegistry): Outcome {
  const counts: Readonly<Record<string, number>> = {
    preset: presets.length + fewShotPresets.length,
    config: shownIn(listAllSettings(registry)).length,
  };
  const rows = listable.map((kind) => ({
    kind,
    known: counts[kind] ?? registry.list(kind as (typeof kinds)[number]).length,
    summary: aboutKind[kind] ?? '',
  }));
  const cells = rows.map(({ kind, known, summary }) => [kind, String(known), summary]);
  const head: Column[] = [{ title: 'kind' }, { title: 'known', align: 'right' }, { title: 'what it is' }];
  return { json: rows, text: `${textTable(head, cells)}\n\nOne of them: npx neusim list KIND` };
}

/** Presets, listed like the registry's definitions, with what one chooses them by. */
function listPresets(): Outcome {
  const plugin = '@neusim/train';
  const version = packageVersion(plugin);
  const trained = presets.map(({ name, summary, config }) => {
    const { similarity, ...model } = splitPart(config.model).options;
    return {
      name,
      version,
      plugin,
      summary,
      dataset: splitPart(config.dataset).name,
      network: [splitPart(config.model).name, partName(similarity), widthOf(model)].filter(Boolean).join(' '),
      steps: config.steps,
      batchSize: config.batchSize ?? 128,
    };
  });
  const rows = [...trained, ...fewShotPresets.map(fewShotRow)];
  const head: Column[] = [
    { title: 'name' },
    { title: 'data set' },
    { title: 'network' },
    { title: 'steps', align: 'right' },
    { title: 'batch', align: 'right' },
    { title: 'what it is' },
  ];
  const cells = rows.map(({ name, dataset, network, steps, batchSize, summary }) => [
    name,
    dataset,
    network,
    steps.toLocaleString('en-US'),
    String(batchSize),
    summary,
  ]);
  return { json: rows, text: textTable(head, cells) };
}

/** Images of a step: of base classes, or of its episodes. */
function fewShotRow({ name, summary, config }: FewShotPreset) {
  const { backbone = 'cnn-4', episodes, batchSize, steps } = config;
  const { way = 5, shot = 1, query = 15, tasks = 1 } = episodes ?? {};
  const network = typeof backbone === 'object' && 'file' in backbone ? 'a file' : partName(backbone);
  return {
    name,
    version: packageVersion('@neusim/fewshot'),
    plugin: '@neusim/fewshot',
    summary,
    dataset: splitPart(config.dataset).name,
    network: `${network}, few-shot`,
    steps,
    batchSize: batchSize ?? way * (shot + query) * tasks,
    method: splitPart(config.method).name,
  };
}

const partName = (part: unknown) => (part === undefined ? '' : splitPart(part as string).name);
const widthOf = ({ width }: Readonly<Record<string, unknown>>) =>
  width === undefined ? '' : `width ${width}`;

function anyPreset(name: string): Shown {
  return fewShotPresets.find((each) => each.name === name) ?? findPreset(name);
}

/** A few-shot config of a method's defaults. @throws NeusimError REGISTRY_UNKNOWN_NAME */
function methodConfig(registry: AnyRegistry, name: string): Shown {
  registry.version('method', name);
  return { name, config: { method: name } };
}

/** A config whose values are shown. */
interface Shown {
  readonly name: string;
  readonly config: object;
}

function listConfig(registry: AnyRegistry, preset: Shown | undefined): Outcome {
  const settings = preset ? listSettings(registry, { ...preset.config }) : listAllSettings(registry);
  const shown = shownIn(settings);
  const rows = shown.map(({ path, type, default: fallback = null, value = null, values, about }) => ({
    key: path,
    type,
    default: fallback,
    ...(preset && { value }),
    values,
    summary: about,
  }));
  const titles = ['key', 'default', ...(preset ? [preset.name] : []), 'type', 'what it is'];
  const cells = shown.map(({ path, type, default: fallback, value, about }) => [
    path,
    short(fallback),
    ...(preset ? [short(value)] : []),
    type,
    about,
  ]);
  return {
    json: rows,
    text: `${textTable(
      titles.map((title) => ({ title })),
      cells,
    )}\n\n${preset ? '' : 'With --preset NAME: its values, and the options of its data set and network. With --method NAME: the keys of few-shot configs.\n'}Change one with --set KEY=VALUE.`,
  };
}

/** Those that have a value of their own. */
const shownIn = (settings: readonly Setting[]) =>
  settings.filter(({ keys, values }) => !keys || values.length > 0);

const short = (value: Setting['value']) => (value === undefined ? '' : textOf(value));
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
