// `neusim data preview <preset|config.json>`: training images as they are stored, and as the run's steps would train on
// them, on one picture.

import { type Dataset, readImages, type TrainingDraws, trainingDraws } from '@neusim/datasets';
import { writeAtomic } from '@neusim/platform';
import { pngFile } from '@neusim/report';
import type { TrainConfig } from '@neusim/train';
import { bytesFrom, contactSheet, type Shown } from '../run/contact-sheet';
import { breathe } from '../run/measure';
import { openData, withStatistics } from '../run/open-data';
import { readConfig } from '../run/read-config';
import { createProgress } from '../terminal/progress';
import type { Outcome, Terminal } from '../terminal/terminal';
import { textTable } from '../terminal/text-table';
import type { TrainOptions } from './train';

export interface PreviewOptions extends Pick<TrainOptions, 'set' | 'dataset' | 'data' | 'seed' | 'plugin'> {
  /** Draws of each image. */
  readonly images: number;
  /** Images. */
  readonly rows: number;
  /** The PNG file. */
  readonly out: string;
}

interface Row {
  readonly index: number;
  readonly label: string;
  /** The image's file, where it has one. */
  readonly name: string | null;
  readonly stored: Shown;
  readonly found: TrainingDraws;
}

/**
 * @param source a preset's name, or the path of a config.
 * @throws NeusimError what reading the config and the data throw, `DATASET_BAD_*` for what its images cannot have; the
 *   reason of `terminal.interrupted`
 */
export async function preview(terminal: Terminal, source: string, options: PreviewOptions): Promise<Outcome> {
  const { config: given, registry } = await readConfig(terminal, source, options);
  const folder = options.data ?? terminal.env.NEUSIM_DATA;
  const dataset = await openData(terminal, given, { registry, folder });
  try {
    const config = await withStatistics(terminal, given, dataset);
    const rows = await drawRows(terminal, dataset, config, options);
    const pictures = rows.map(({ stored, found: { shape, draws } }) => [
      stored,
      ...draws.map(({ image }) => ({ pixels: bytesFrom(image, shape[2], config.normalize), shape })),
    ]);
    const { width, height, pixels } = contactSheet(pictures, rows[0]?.found.shape ?? dataset.shape);
    await writeAtomic(options.out, pngFile(width, height, pixels));
    return told(dataset, rows, options.out);
  } finally {
    await dataset.close?.();
  }
}

/** Images spread over the training images: where these are sorted, of as many classes as there can be. */
async function drawRows(
  terminal: Terminal,
  { train, classes }: Dataset,
  config: TrainConfig,
  { rows, images }: PreviewOptions,
): Promise<Row[]> {
  const count = Math.min(rows, train.count);
  const progress = createProgress(terminal, ['preview']);
  const drawn: Row[] = [];
  try {
    for (let row = 0; row < count; row++) {
      progress.update('preview', { step: row, steps: count, text: 'images' });
      await breathe(terminal.interrupted);
      const index = Math.floor((row * train.count) / count);
      drawn.push({
        index,
        label: classes[train.labels[index] as number] as string,
        name: train.nameOf?.(index) ?? null,
        stored: { pixels: await readImages(train, [index]), shape: train.shape },
        found: await trainingDraws(train, index, images, config),
      });
    }
  } finally {
    progress.stop();
  }
  return drawn;
}

const columns = [
  { title: 'row', align: 'right' },
  { title: 'label' },
  { title: 'image' },
  { title: 'steps' },
  { title: 'mixed with' },
] as const;

function told({ classes, name }: Dataset, rows: readonly Row[], out: string): Outcome {
  const mixedOf = ({ found }: Row) =>
    found.draws.flatMap(({ mixed }) => (mixed ? [{ ...mixed, name: classes[mixed.label] as string }] : []));
  const lines = rows.map((row, i) => [
    String(i + 1),
    row.label,
    row.name ?? `#${row.index}`,
    row.found.draws.map(({ step }) => step).join(' '),
    mixedOf(row)
      .map(({ name, share }) => `${Math.round(100 * (1 - share))} % ${name}`)
      .join(', ') || null,
  ]);
  const first = `${name}: the first of each row as it is stored, then as training steps see it.`;
  return {
    json: {
      file: out,
      dataset: name,
      rows: rows.map(({ index, label, name, found }) => ({
        index,
        label,
        name,
        draws: found.draws.map(({ step, place, mixed }) => ({
          step,
          place,
          mixed: mixed ? { label: classes[mixed.label], share: mixed.share } : null,
        })),
      })),
    },
    text: `${first}\n\n${textTable(columns, lines)}\n\nPicture: ${out}`,
  };
}
