// How a failure is told: message, code and hint; the stack only under --debug.

import { formatError, NeusimError, suggest } from '@neusim/registry';
import type { CommanderError } from 'commander';

/** The errors of ours that tell of a run that failed; all others tell of something to correct. */
const RUN_FAILED =
  /^(?:TRAIN_NON_FINITE|TRAIN_WORKER_FAILED|FOLD_WRONG|POOL_\w+|ENGINE_\w+|GPU_\w+|BACKEND_(?:FAILED|NO_GPU|WRONG)|PLATFORM_WORKER_FAILED|DATASET_DECODER_FAILED|CLI_RUN_ENDED)$/;

/** 2 for what a person can correct (a command, an option, a config, a file), 1 for a run that failed and for bugs. */
export function exitCodeOf(error: unknown): number {
  return error instanceof NeusimError && !RUN_FAILED.test(error.code) ? 2 : 1;
}

/** Commander's complaint about a command line, as one of ours. */
export function usageError(error: CommanderError, help: string): NeusimError {
  const noCommand = error.code === 'commander.help';
  const [said = '', meant] = error.message.replace(/^error: /, '').split(/\n\(Did you mean (.*)\?\)/);
  const message = noCommand ? 'no command is given' : said.trim();
  const isKey =
    error.code === 'commander.unknownOption' && /neusim (?:train|compare|fewshot \w+) /.test(help);
  const see = `see \`${help}\`${isKey && !meant ? '; a key of the config is set by --set KEY=VALUE' : ''}`;
  const hint = meant ? `did you mean ${meant.replace(/^(?!one of)(.*)$/, '"$1"')}? ${see}` : see;
  return new NeusimError('CLI_USAGE', message, { data: { reason: error.code }, hint });
}

/** The lines for standard error. */
export function errorText(thrown: unknown, debug: boolean): string {
  const error = withOwnHint(thrown);
  if (debug) return `Error: ${formatError(error)}\n${(error as Error | undefined)?.stack ?? ''}`;
  const unexpected =
    error instanceof NeusimError ? '' : '\n  This was not expected; --debug shows where it happened.';
  return `Error: ${formatError(error)}${unexpected}`;
}

/** The object that `--json` prints. */
export function errorJson(thrown: unknown): { error: Record<string, unknown> } {
  const error = withOwnHint(thrown);
  if (error instanceof NeusimError) return { error: { ...error.toJSON() } };
  const { message = String(error), name = 'Error' } = Object(error) as Partial<Error>;
  return { error: { name, message, code: 'UNEXPECTED', data: {}, hint: 'run again with --debug' } };
}

const engines = ['auto', 'node-gpu', 'webgpu', 'node', 'wasm', 'cpu'];

const optionOfWasm = '--precision is for wasm: leave it out, or add --backend wasm';

/** Hints of libraries name what a program would pass; on a command line these are options. */
const ownHints: Readonly<Record<string, (error: NeusimError) => string | undefined>> = {
  DATASET_BAD_BATCH: ({ data }) =>
    typeof data.count === 'number' && data.count > 0
      ? `take a smaller batch, --set batchSize=${data.count} or less, or more images`
      : undefined,
  DATASET_BAD_IMAGE: () =>
    'fetch it again or take it away; --set dataset.skipCorrupt=true leaves out every image that does not decode',
  DATASET_NO_FOLDER: ({ hint }) => `${hint}: with --data DIR, or in the environment variable NEUSIM_DATA`,
  DATASET_NOT_FOUND: ({ hint }) => `${hint} (--data DIR, or NEUSIM_DATA)`,
  EPISODE_TOO_FEW_IMAGES: ({ data }) =>
    alternatives(
      data.lower ? `ask for fewer images: ${asOptions(data.lower)}` : 'a class needs two images or more',
      data.leaveOut && `leave out every class of fewer: ${asOptions(data.leaveOut)}`,
      'add images',
    ),
  EPISODE_TOO_FEW_CLASSES: ({ data, hint }) =>
    alternatives(
      data.lower
        ? `ask for fewer classes: ${asOptions(data.lower)}`
        : data.way === undefined
          ? undefined
          : 'an episode needs two classes or more',
      data.split && `test all classes: --split ${data.split}`,
      data.within && 'leave out --within-group (to train: `within` of the episodes)',
      (data.leftOut as readonly string[] | undefined)?.length
        ? 'leave out fewer of them (--min-images)'
        : data.way === undefined
          ? hint
          : 'add classes',
    ),
  FEWSHOT_BACKBONE: ({ data: { method, similarity } }) =>
    similarity === undefined
      ? undefined
      : `train one that has: \`npx neusim fewshot train ${method}-omniglot --data FOLDER\`, or on images of your own \`npx neusim fewshot train ${method} --data FOLDER --set steps=N --set backbone.similarity=${similarity}\`; its folder is the --backbone of tests`,
  DATA_TAKEN: ({ hint }) => `${hint} (--data DIR, or --replace)`,
  TRAIN_OUT_TAKEN: () => 'go on with its run by --resume, or give another folder with --out',
  TRAIN_WORKER_FAILED: ({ hint, data }) =>
    data.checkpoint
      ? `${hint} Go on with the same command and --resume; --workers 1 needs no workers.`
      : hint,
  CHECKPOINT_NONE: () => 'leave out --resume to begin anew, or give the folder of the run with --out',
  REGISTRY_UNKNOWN_NAME: ({ hint, data }) =>
    data.plugin ? `npm install ${data.plugin}, and name it with --plugin or in the config's plugins` : hint,
  BACKEND_UNKNOWN: ({ data }) =>
    [didYouMean(data.name, engines), `--backend takes ${engines.join(', ')}`].filter(Boolean).join(' '),
  BACKEND_UNAVAILABLE: () =>
    '`npx neusim doctor` tells what each engine lacks; --backend cpu runs everywhere',
  FOLD_DYNAMIC: ({ data }) =>
    data.operator === undefined
      ? 'an M or taps that the input decides, and a response such as a cosine, are no kernel; static-dns and static-uns fold (--set model.similarity=static-uns), with any shape but deformable'
      : 'the kernels of an operator are others for every image; of networks without one those with static-dns or static-uns fold',
  BACKEND_OPTIONS: () => optionOfWasm,
  CONFIG_INVALID: ({ message }) =>
    /^backend:.* precision = .*: not an option$/.test(message) ? optionOfWasm : undefined,
  // That of a few-shot command says all.
  PRESET_UNKNOWN: ({ data, hint }) =>
    'nearest' in data
      ? hint
      : [
          didYouMean(data.name, data.known),
          hint,
          'A network of `npx neusim list model` goes into a preset by --set model=NAME.',
        ]
          .filter(Boolean)
          .join(' '),
};

function withOwnHint(error: unknown): unknown {
  if (!(error instanceof NeusimError)) return error;
  const { code, message, data, cause, stack } = error;
  const hint = ownHints[code]?.(error);
  if (hint === undefined) return error;
  return Object.assign(new NeusimError(code, message, { data, hint, cause }), { stack });
}

const alternatives = (...ways: readonly unknown[]) => ways.filter(Boolean).join('; or ');

/** Keys of a config are set, those of an episode have options of their own. */
const asOptions = (values: unknown) =>
  Object.entries(values as Readonly<Record<string, number>>)
    .map(([key, value]) =>
      key.includes('.') ? `--set ${key}=${value}` : `--${key === 'minImages' ? 'min-images' : key} ${value}`,
    )
    .join(' ');

function didYouMean(met: unknown, known: unknown): string | undefined {
  const names = known as readonly string[];
  const nearest = suggest(String(met), names) ?? names.find((name) => name.startsWith(`${met}-`));
  return nearest && `did you mean "${nearest}"?`;
}
