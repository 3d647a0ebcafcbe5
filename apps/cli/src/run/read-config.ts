// From a preset's name or a config's file, with the command line's changes, to a parsed config and the registry that
// knows its plug-ins.

import { dirname } from 'node:path';
import { readText } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import {
  findPreset,
  parseConfig,
  setConfigValue,
  type TrainConfig,
  type TrainConfigInput,
} from '@neusim/train';
import { type OpenPlugins, openPlugins } from '../plugins/open-plugins';
import { checkSettings } from '../settings/check';
import type { Terminal } from '../terminal/terminal';

/** What a command line changes of a config. */
export interface ConfigOptions {
  readonly set?: readonly string[] | undefined;
  readonly dataset?: string | undefined;
  readonly seed?: number | undefined;
  readonly workers?: number | undefined;
  /** Plug-ins besides the config's. */
  readonly plugin?: readonly string[] | undefined;
}

export interface OpenConfig extends OpenPlugins {
  readonly config: TrainConfig;
}

/**
 * @param source a preset's name, or the path of a config.
 * @throws NeusimError `PRESET_UNKNOWN`, `CONFIG_NOT_JSON`, `CLI_BAD_SET`, `CONFIG_INVALID`, and what the file and the
 *   plug-ins throw
 */
export async function readConfig(
  terminal: Pick<Terminal, 'err'>,
  source: string,
  options: ConfigOptions,
): Promise<OpenConfig> {
  return openConfig(terminal, changeConfig(await sourceConfig(source), options), folderOf(source), options);
}

/** @param json a config. @param folder where its paths begin. */
export async function openConfig(
  terminal: Pick<Terminal, 'err'>,
  json: Readonly<Record<string, unknown>>,
  folder: string,
  { plugin }: Pick<ConfigOptions, 'plugin'>,
): Promise<OpenConfig> {
  const { plugins = [] } = json;
  const isList = Array.isArray(plugins) && plugins.every((each) => typeof each === 'string');
  const opened = await openPlugins(terminal, { config: isList ? plugins : [], folder, options: plugin });
  checkSettings(opened.registry, json);
  return { ...opened, config: parseConfig(json) };
}

/** A config that is still plain JSON, with the command line's changes. @throws NeusimError `CLI_BAD_SET` */
export function changeConfig(
  from: object,
  { set = [], dataset, seed, workers }: ConfigOptions,
): Record<string, unknown> {
  const given = Object.entries({ dataset, seed, workers }).filter(([, value]) => value !== undefined);
  let config: Record<string, unknown> = { ...from, ...Object.fromEntries(given) };
  for (const assignment of set) {
    const at = assignment.indexOf('=');
    if (at < 1) {
      throw new NeusimError('CLI_BAD_SET', `--set ${assignment}: wanted key=value`, {
        data: { assignment },
        hint: 'for example --set steps=200 --set optimizer.momentum=0.95',
      });
    }
    config = setConfigValue(config, assignment.slice(0, at), assignment.slice(at + 1));
  }
  return config;
}

const isFile = (source: string) => /[\\/]|\.json$/.test(source);

/** Where the paths in a config begin; those of a preset, in the working directory. */
export const folderOf = (source: string) => (isFile(source) ? dirname(source) : '.');

/** A preset's config, or a file's as it stands. @throws NeusimError `PRESET_UNKNOWN`, `CONFIG_NOT_JSON` */
export async function sourceConfig(source: string): Promise<TrainConfigInput> {
  if (!isFile(source)) return findPreset(source).config;
  const text = await readText(source);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NeusimError('CONFIG_NOT_JSON', `${source} is not JSON: ${(cause as Error).message}`, {
      data: { file: source },
      hint: 'correct the file, or start from one that a run has written (config.json in its folder)',
      cause,
    });
  }
}
