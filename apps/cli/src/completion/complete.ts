// Candidates for the last of the words typed so far. Commands, options and what they take come from the command line itself;
// settings from the config's schema.

import { readFileSync } from 'node:fs';
import { fewShotPresets } from '@neusim/fewshot';
import type { AnyRegistry, kinds } from '@neusim/registry';
import { findPreset, presets, setConfigValue } from '@neusim/train';
import type { Argument, Command, Option } from 'commander';
import { findCommands } from '../command-line/find-command';
import { listable } from '../commands/list';
import { listSettings } from '../settings/settings';
import { shells } from './scripts';

export interface Candidate {
  readonly word: string;
  readonly about: string;
}

export interface Candidates {
  readonly words: readonly Candidate[];
  /** Whether the shell adds folders, or files. */
  readonly paths?: 'folders' | 'files' | undefined;
}

const none: Candidates = { words: [] };
const plain = (words: readonly string[], about = ''): Candidates => ({
  words: words.map((word) => ({ word, about })),
});

/**
 * @param words what was typed after `neusim`; the last one, '' perhaps, is completed.
 */
export function complete(program: Command, registry: AnyRegistry, words: readonly string[]): Candidates {
  const current = words.at(-1) ?? '';
  const found = candidates(program, registry, words.slice(0, -1), current);
  const fits = found.words.filter(({ word }) => word.startsWith(current));
  return { words: fits, paths: found.paths };
}

function candidates(
  program: Command,
  registry: AnyRegistry,
  before: readonly string[],
  current: string,
): Candidates {
  const command = findCommands(program, before).at(-1);
  const options = [...(command?.options ?? []), ...program.options];
  const known = (word: string | undefined) =>
    options.find(({ short, long }) => word === long || word === short);
  const last = known(before.at(-1));
  const [, name, typed] = /^(--[\w-]+)=(.*)$/s.exec(current) ?? [];
  if (last?.required || last?.optional) {
    const values = ofOption(last, registry, before, current);
    if (last.required || !current.startsWith('-')) return values;
  }
  const inline = known(name);
  if (inline && typed !== undefined) {
    const { words, paths } = ofOption(inline, registry, before, typed);
    return { words: words.map(({ word, about }) => ({ word: `${name}=${word}`, about })), paths };
  }
  if (current.startsWith('-')) {
    return {
      words: options.map(({ long, short, description }) => ({
        word: (long ?? short) as string,
        about: description,
      })),
    };
  }
  if (!command || command.commands.length > 0) {
    const shown = (command ?? program).commands.filter((each) => !hidden.has(each.name()));
    return { words: shown.map((each) => ({ word: each.name(), about: each.description() })) };
  }
  const index = positionals(before.slice(before.indexOf(command.name()) + 1), known).length;
  const argument =
    command.registeredArguments[index] ?? command.registeredArguments.find((each) => each.variadic);
  return argument ? ofArgument(argument, registry, current) : none;
}

/** Commands that nobody types. */
export const hidden: ReadonlySet<string> = new Set(['complete']);

/** Words that are neither options nor their values. */
function positionals(words: readonly string[], known: (word: string) => Option | undefined): string[] {
  return words.filter((word, index) => {
    const before = index > 0 ? known(words[index - 1] as string) : undefined;
    return !word.startsWith('-') && !before?.required && !before?.optional;
  });
}

function ofOption(
  option: Option,
  registry: AnyRegistry,
  before: readonly string[],
  current: string,
): Candidates {
  if (option.argChoices) return plain(option.argChoices);
  const [, takes = ''] = /[<[](.+?)(?:\.\.\.)?[>\]]/.exec(option.flags) ?? [];
  const names = namesOf[option.long ?? ''];
  if (names) return names(registry);
  return ofWhat(takes, registry, before, current);
}

function ofArgument(argument: Argument, registry: AnyRegistry, current: string): Candidates {
  if (argument.argChoices) return plain(argument.argChoices);
  const what = argument.name();
  if (what === 'kind') return plain(listable);
  if (what === 'shell') return plain(shells);
  if (what.startsWith('few-shot')) {
    const { words } = ofKind('method')(registry);
    return { words: [...fewShotNames, ...words], paths: 'files' };
  }
  if (what.includes('preset')) return { ...presetNames(), paths: 'files' };
  if (what.includes('method')) return { ...ofKind('method')(registry), paths: 'folders' };
  return ofWhat(what, undefined, [], current);
}

/** By the name of what an option takes. */
function ofWhat(
  what: string,
  registry: AnyRegistry | undefined,
  before: readonly string[],
  current: string,
): Candidates {
  if (/^(dir|folder)/.test(what)) return { words: [], paths: 'folders' };
  if (/file|path|json|checkpoint/.test(what)) return { words: [], paths: 'files' };
  if (/^run/.test(what)) return { words: [], paths: 'folders' };
  if (what === 'key=value' && registry) return settings(registry, before, current);
  return none;
}

const presetNames = (): Candidates => ({
  words: presets.map(({ name, summary }) => ({ word: name, about: summary })),
});
const fewShotNames = fewShotPresets.map(({ name, summary }) => ({ word: name, about: summary }));

const ofKind =
  (kind: (typeof kinds)[number], more: readonly string[] = []) =>
  (registry: AnyRegistry): Candidates => ({
    words: [
      ...more.map((word) => ({ word, about: '' })),
      ...registry.list(kind).map(({ name, summary }) => ({ word: name, about: summary })),
    ],
  });

const namesOf: Readonly<Record<string, (registry: AnyRegistry) => Candidates>> = {
  '--backend': ofKind('backend', ['auto']),
  '--dataset': ofKind('dataset'),
  '--method': ofKind('method'),
  '--precision': () => plain(['direct', 'exact', 'fast']),
  '--preset': presetNames,
};

/** Keys of the config that is being changed, and after the = what they may be. */
function settings(registry: AnyRegistry, before: readonly string[], current: string): Candidates {
  const found = listSettings(registry, configSoFar(before));
  const at = current.indexOf('=');
  if (at < 0) {
    const leaves = found.filter(({ keys, values }) => !keys || values.length > 0);
    return { words: leaves.map(({ path, about, type }) => ({ word: `${path}=`, about: about || type })) };
  }
  const setting = found.find(({ path }) => path === current.slice(0, at));
  return plain(setting?.values.map((value) => `${setting.path}=${value}`) ?? []);
}

/** The preset or file that is named, with what is set already; what cannot be read is left out. */
function configSoFar(before: readonly string[]): Record<string, unknown> {
  let config = attempt({}, () => sourceConfig(before));
  for (const [index, word] of before.entries()) {
    const assignment = before[index - 1] === '--set' ? word : /^--set=(.*)$/s.exec(word)?.[1];
    const at = assignment?.indexOf('=') ?? -1;
    if (assignment !== undefined && at > 0)
      config = attempt(config, () =>
        setConfigValue(config, assignment.slice(0, at), assignment.slice(at + 1)),
      );
    if (before[index - 1] === '--dataset') config = { ...config, dataset: word };
    if (before[index - 1] === '--method') config = { ...config, method: word };
  }
  return config;
}

function sourceConfig(before: readonly string[]): Record<string, unknown> {
  const file = before.find((word) => word.endsWith('.json'));
  if (file !== undefined) return { ...JSON.parse(readFileSync(file, 'utf8')) };
  const fewShot = fewShotPresets.find(({ name }) => before[0] === 'fewshot' && before.includes(name));
  if (fewShot) return { ...fewShot.config };
  const preset = before.find((word) => presets.some(({ name }) => name === word));
  if (preset === undefined) return before[0] === 'fewshot' ? { method: '' } : {};
  return { ...findPreset(preset).config };
}

function attempt<T>(otherwise: T, work: () => T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
