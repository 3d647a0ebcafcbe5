/**
 * A run's events as a TensorBoard event file, which grows while the run goes on. What stands in it by the time `add`
 * returns is on the disk: a killed process leaves at most its last event cut short, which TensorBoard passes over. Every
 * process writes a file of its own; one that goes on from a checkpoint begins with a session start that takes back what
 * earlier files tell of later steps.
 *
 * Events are taken by their shape, so that this package needs neither `@neusim/train` nor a tensor library, and another
 * training loop can use it.
 */
import type { Platform } from '@neusim/platform';
import { NeusimError } from '@neusim/registry';
import { frameRecord } from '../tfrecord';
import { type EventBody, encodeEvent, type SummaryValue } from './event';
import { flatSettings, type Setting, sessionEnd, sessionStart } from './hparams';

/** What the sink needs of `@neusim/platform`; the package itself, as a namespace, fits. */
export type SinkPlatform = Pick<
  Platform,
  'appendFile' | 'concatBytes' | 'exists' | 'joinPath' | 'listFolder' | 'makeFolder' | 'stat'
>;

/** The events that it shows, as `TrainEvent` of `@neusim/train` has them; all others are passed over. */
export type RunEvent =
  | {
      readonly type: 'start';
      /** JSON: shown as a table, and what runs are compared by. */
      readonly config: object;
      readonly backend: string;
      /** Steps done before. */
      readonly step: number;
      readonly resumedFrom: string | null;
    }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly loss: number;
      readonly learningRate: number;
      readonly imagesPerSecond: number;
      /** Share of the time, 0..1. */
      readonly loading: number;
      readonly bytesInGPU?: number;
    }
  | {
      readonly type: 'evaluation';
      readonly step: number;
      /** Percent. */
      readonly testError: number;
      /** Half of its 95 % interval, in percent, where it is that of a sample. */
      readonly interval?: number | undefined;
      readonly top5Error: number | null;
      readonly loss: number | null;
    }
  | { readonly type: 'warning'; readonly step: number; readonly message: string }
  | { readonly type: 'end'; readonly step: number }
  | { readonly type: 'progress' | 'compilation' | 'checkpoint' | 'aborted' };

export interface TensorBoardSink {
  /**
   * Takes an event: `start` first of all.
   * @throws NeusimError PLATFORM_WRITE_FAILED
   */
  add(event: RunEvent): Promise<void>;
}

/** Opened by TensorBoard since its first version. */
const FILE_VERSION = 'brain.Event:2';
const FILE = /^events\.out\.tfevents\.(\d{10})\.neusim\.(\d{4})$/;

/**
 * A sink that writes into `folder`, which is made with the first event: give it to `train` of `@neusim/train` among
 * `sinks`. Show it with `tensorboard --logdir FOLDER`.
 * @param now milliseconds since 1970; default `Date.now`.
 * @throws NeusimError EXPORT_BAD_FOLDER where `folder` is a file
 */
export async function createTensorBoardSink(
  platform: SinkPlatform,
  folder: string,
  now: () => number = Date.now,
): Promise<TensorBoardSink> {
  if ((await platform.exists(folder)) && !(await platform.stat(folder)).isFolder)
    throw new NeusimError('EXPORT_BAD_FOLDER', `${folder} is a file, and TensorBoard reads folders`, {
      data: { folder },
      hint: 'Name a folder; it is made where it is missing.',
    });
  let path: string | undefined;
  const write = async (step: number, ...bodies: EventBody[]) => {
    if (path === undefined) return;
    const records = bodies.map((body) => frameRecord(encodeEvent(now() / 1000, step, body)));
    await platform.appendFile(path, platform.concatBytes(records));
  };
  return {
    async add(event) {
      if (event.type === 'start') {
        await platform.makeFolder(folder);
        path = platform.joinPath(folder, nextName(await platform.listFolder(folder), now()));
        // The checkpoint's own step is told already, and stays.
        const from = event.resumedFrom === null ? 0 : event.step + 1;
        await write(0, { fileVersion: FILE_VERSION });
        await write(from, { start: true });
        await write(event.step, { summary: described(event, now() / 1000) });
        return;
      }
      const summary = shown(event, now() / 1000);
      if ('step' in event && summary.length > 0) await write(event.step, { summary });
    },
  };
}

/** TensorBoard reads a folder's files in the order of their names: ours comes after those there, whatever the clock. */
function nextName(names: readonly string[], milliseconds: number): string {
  const last = names
    .filter((name) => FILE.test(name))
    .sort()
    .at(-1);
  const [, seconds = 0, count = -1] = (last && FILE.exec(last)) || [];
  const time = Math.max(Math.floor(milliseconds / 1000), Number(seconds));
  const number = time === Number(seconds) ? Number(count) + 1 : 0;
  return `events.out.tfevents.${String(time).padStart(10, '0')}.neusim.${String(number).padStart(4, '0')}`;
}

function described(
  { config, backend }: Extract<RunEvent, { type: 'start' }>,
  seconds: number,
): SummaryValue[] {
  const settings = flatSettings({ ...config, backend });
  return [{ tag: 'config', text: table(settings) }, sessionStart(settings, seconds)];
}

/** Markdown. */
function table(settings: [string, Setting][]): string {
  const rows = settings.map(([key, value]) => `| ${key} | \`${String(value).replaceAll('|', '\\|')}\` |`);
  return ['| key | value |', '| --- | --- |', ...rows].join('\n');
}

function shown(event: RunEvent, seconds: number): SummaryValue[] {
  switch (event.type) {
    case 'step':
      return scalars({
        'train/loss': event.loss,
        'train/learning_rate': event.learningRate,
        'train/images_per_second': event.imagesPerSecond,
        'train/loading_share': event.loading,
        'train/gpu_bytes': event.bytesInGPU,
      });
    case 'evaluation':
      return scalars({
        'test/error_top1': event.testError,
        'test/error_interval': event.interval,
        'test/error_top5': event.top5Error,
        'test/loss': event.loss,
      });
    case 'warning':
      return [{ tag: 'warnings', text: event.message }];
    case 'end':
      return [sessionEnd(seconds)];
    default:
      return [];
  }
}

const scalars = (values: Readonly<Record<string, number | null | undefined>>): SummaryValue[] =>
  Object.entries(values).flatMap(([tag, scalar]) => (typeof scalar === 'number' ? [{ tag, scalar }] : []));
