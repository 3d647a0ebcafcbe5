/** Whether a data set has the episodes that a run asks of it; if not, all that has to change is told at once, by its keys. */
import {
  type EpisodeOptions,
  type FewShotDataset,
  type OpenOptions,
  type FewShotPart as Part,
  requireEpisodes,
} from '@neusim/datasets';
import { type AnyRegistry, NeusimError } from '@neusim/registry';
import type { FewShotConfig } from './config';
import { trainingForm } from './learner-steps';
import { makeMethod } from './make-learner';

type Form = 'episodes' | 'evaluation';
type Changes = Readonly<Partial<Record<'way' | 'shot' | 'query' | 'minImages', number>>>;

interface Asked {
  /** Key of the config. */
  readonly key: Form;
  readonly part: Part;
  readonly form: EpisodeOptions;
}

const CODES = ['EPISODE_TOO_FEW_IMAGES', 'EPISODE_TOO_FEW_CLASSES'];
const PARTS: Readonly<Record<Part, string>> = {
  train: 'training classes',
  validation: 'validation classes',
  test: 'test classes',
};

/** What episodes are asked for. */
export interface RunEpisodesOptions {
  /** Knows the config's method. */
  readonly registry: AnyRegistry;
  /** The parts that `evaluation` is asked of; default: `evaluation.pool` alone. */
  readonly tested?: readonly ('validation' | 'test')[] | undefined;
  /** Told of classes that are left out. */
  onWarning?: OpenOptions['onWarning'];
}

/**
 * Checks up front that each part of a data set has the episodes that a run asks of it: those of training, where the method is
 * trained by episodes, and those of its tests.
 * @throws NeusimError EPISODE_TOO_FEW_IMAGES and EPISODE_TOO_FEW_CLASSES, with the largest values that suffice for all parts in
 *   `data.lower` (`{ 'evaluation.query': 5 }`), where there are any, and in `data.leaveOut` with what leaves small classes out,
 *   where enough are left; what else `requireEpisodes` and making the method throw
 */
export async function requireRunEpisodes(
  config: FewShotConfig,
  dataset: FewShotDataset,
  { registry, tested, onWarning }: RunEpisodesOptions,
): Promise<void> {
  const { trainedBy } = await makeMethod(config, registry);
  requireForms(config, trainedBy === 'episodes', dataset, tested ?? [config.evaluation.pool], onWarning);
}

/** The same. @param trains whether there are episodes of training. */
export function requireForms(
  config: FewShotConfig,
  trains: boolean,
  dataset: Pick<FewShotDataset, Part>,
  tested: readonly ('validation' | 'test')[],
  onWarning?: OpenOptions['onWarning'],
): void {
  const { steps, evaluation } = config;
  const asked: Asked[] = [
    ...(trains && steps > 0 ? [{ key: 'episodes', part: 'train', form: trainingForm(config) } as const] : []),
    ...tested.map((part) => ({ key: 'evaluation', part, form: evaluation }) as const),
  ];
  const faults = asked.flatMap((each) => {
    const error = faultOf(dataset[each.part], each.form, onWarning);
    return error ? [{ ...each, error }] : [];
  });
  const [first] = faults;
  if (!first) return;
  const keys = [...new Set(faults.map(({ key }) => key))];
  const lower = keys.map((key) => lowered(asked, key, dataset));
  const leaveOut = keys.map((key) => leavingOut(asked, key, dataset, faults));
  throw told(first, named(keys, lower), named(keys, leaveOut));
}

/** Why a pool has no such episodes. */
function faultOf(
  pool: FewShotDataset[Part],
  form: EpisodeOptions,
  onWarning?: OpenOptions['onWarning'],
): NeusimError | undefined {
  try {
    requireEpisodes(pool, form, onWarning);
    return undefined;
  } catch (error) {
    if (error instanceof NeusimError && CODES.includes(error.code)) return error;
    throw error;
  }
}

/** What to lower of a form until all its parts suffice; undefined where nothing helps. */
function lowered(
  asked: readonly Asked[],
  key: Form,
  dataset: Pick<FewShotDataset, Part>,
): Changes | undefined {
  let changes: Changes = {};
  for (const { part, form } of asked.filter((each) => each.key === key))
    for (;;) {
      const error = faultOf(dataset[part], { ...form, ...changes });
      if (!error) break;
      if (!error.data.lower) return undefined;
      changes = { ...changes, ...(error.data.lower as Changes) };
    }
  return changes;
}

/** The `minImages` with which all parts of a form suffice; undefined where it leaves too few classes. */
function leavingOut(
  asked: readonly Asked[],
  key: Form,
  dataset: Pick<FewShotDataset, Part>,
  faults: readonly { readonly key: Form; readonly error: NeusimError }[],
): Changes | undefined {
  const found = faults.find((fault) => fault.key === key && fault.error.data.leaveOut)?.error.data.leaveOut;
  const own = asked.filter((each) => each.key === key);
  const isEnough = own.every(({ part, form }) => !faultOf(dataset[part], { ...form, ...(found as Changes) }));
  return found && isEnough ? (found as Changes) : undefined;
}

/** By the config's keys; undefined where one of the forms has none. */
function named(
  keys: readonly Form[],
  changes: readonly (Changes | undefined)[],
): Readonly<Record<string, number>> | undefined {
  if (changes.includes(undefined)) return undefined;
  return Object.fromEntries(
    keys.flatMap((key, index) =>
      Object.entries(changes[index]!).map(([name, value]) => [`${key}.${name}`, value]),
    ),
  );
}

function told(
  { part, error }: Asked & { readonly error: NeusimError },
  lower: Readonly<Record<string, number>> | undefined,
  leaveOut: Readonly<Record<string, number>> | undefined,
): NeusimError {
  const { lower: _, leaveOut: __, ...data } = error.data;
  const list = (of: object) =>
    Object.entries(of)
      .map(([key, value]) => `${key} = ${value}`)
      .join(', ');
  const ways = [
    ...(lower ? [`Lower what is asked for: ${list(lower)}`] : []),
    ...(leaveOut ? [`leave out classes of fewer images: ${list(leaveOut)}`] : []),
    error.code === 'EPISODE_TOO_FEW_IMAGES' ? 'add images' : 'add classes, or divide them otherwise',
  ];
  return new NeusimError(error.code, `${PARTS[part]}: ${error.message}`, {
    data: { ...data, part, ...(lower && { lower }), ...(leaveOut && { leaveOut }) },
    hint: `${ways.join('; or ')}.`,
  });
}
