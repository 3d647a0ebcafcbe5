// From what a network makes of every image of a split to what a page shows of it, bounded in size: the worst mistakes as
// pictures, the pairs most often confused, a confusion matrix of at most a hundred cells to a side.

import { pictureOf } from './picture';
import type { ClassFigures, Confused, EvaluationReport, Mistake } from './types';

/** A pass over a split, as `evaluate` of @neusim/train gives it, and what it was over. */
export interface Evaluated {
  readonly split: EvaluationReport['split'];
  /** Names. */
  readonly classes: readonly string[];
  readonly labels: ArrayLike<number>;
  readonly error: number;
  readonly top5Error: number | null;
  readonly loss: number;
  /** [label][predicted] */
  readonly confusion: readonly (readonly number[])[];
  readonly predictions: {
    readonly predicted: ArrayLike<number>;
    readonly probability: ArrayLike<number>;
    readonly loss: ArrayLike<number>;
  };
  /** Of the images. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** Bytes [n, height, width, channels] of some. */
  read(
    indices: readonly number[],
  ): Promise<ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> }>;
  /** The file of an image. */
  nameOf?(index: number): string;
}

/** So many images of a class were read as another or as itself. */
export type ConfusionCell = readonly [label: number, predicted: number, images: number];

const MOST_MISTAKES = 24;
const MOST_PAIRS = 20;
const MOST_CELLS = 100;

export async function evaluationReport(evaluated: Evaluated): Promise<EvaluationReport> {
  const { split, classes, labels, error, top5Error, loss, confusion, predictions } = evaluated;
  const images = labels.length;
  const cells = cellsOf(confusion);
  const wrong = Array.from({ length: images }, (_, index) => index).filter(
    (index) => predictions.predicted[index] !== labels[index],
  );
  return {
    split,
    images,
    labels: fingerprint(labels),
    error,
    top5Error,
    loss: Number.isFinite(loss) ? loss : null,
    wrong,
    classes: classFigures(classes, cells),
    confused: confusedPairs(classes, cells),
    confusion: shrinkConfusion(classes.length, cells),
    mistakes: await mistakesOf(evaluated, wrong),
  };
}

/** Count and FNV-1a: what tells one test set from another. */
function fingerprint(labels: ArrayLike<number>): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < labels.length; i++) hash = Math.imul(hash ^ (labels[i] as number), 0x01000193);
  return `${labels.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

/** What occurs of a matrix [label][predicted], row by row. */
export const cellsOf = (confusion: readonly (readonly number[])[]): ConfusionCell[] =>
  confusion.flatMap((row, label) =>
    row.flatMap((images, predicted): ConfusionCell[] => (images > 0 ? [[label, predicted, images]] : [])),
  );

/** Every class. */
export function classFigures(classes: readonly string[], cells: readonly ConfusionCell[]): ClassFigures[] {
  const figures = classes.map((name) => ({ name, images: 0, wrong: 0, predicted: 0 }));
  for (const [label, predicted, images] of cells) {
    figures[label]!.images += images;
    figures[predicted]!.predicted += images;
    if (label !== predicted) figures[label]!.wrong += images;
  }
  return figures;
}

/** The pairs most often mistaken; of equals those that are given first. */
export function confusedPairs(
  classes: readonly string[],
  cells: readonly ConfusionCell[],
  most = MOST_PAIRS,
): Confused[] {
  return cells
    .filter(([label, predicted]) => label !== predicted)
    .sort((a, b) => b[2] - a[2])
    .slice(0, most)
    .map(([label, predicted, images]) => ({
      label: classes[label] as string,
      predicted: classes[predicted] as string,
      images,
    }));
}

/** A matrix of at most a hundred cells to a side. */
export function shrinkConfusion(
  classes: number,
  cells: readonly ConfusionCell[],
): EvaluationReport['confusion'] {
  const perCell = Math.ceil(classes / MOST_CELLS);
  const size = Math.ceil(classes / perCell);
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [label, predicted, images] of cells)
    counts[Math.floor(label / perCell)]![Math.floor(predicted / perCell)]! += images;
  return { perCell, counts };
}

async function mistakesOf(evaluated: Evaluated, wrong: readonly number[]): Promise<Mistake[]> {
  const { classes, labels, predictions, shape } = evaluated;
  // A loss that is no number is the worst.
  const lossOf = (index: number) => {
    const loss = predictions.loss[index] as number;
    return Number.isFinite(loss) ? loss : Number.MAX_VALUE;
  };
  const worst = wrong.toSorted((a, b) => lossOf(b) - lossOf(a)).slice(0, MOST_MISTAKES);
  const pixels = shape[0] * shape[1] * shape[2];
  const bytes = await evaluated.read(worst);
  return worst.map((index, at) => ({
    index,
    file: evaluated.nameOf?.(index) ?? null,
    picture: pictureOf(bytes.subarray(at * pixels, (at + 1) * pixels), shape),
    label: classes[labels[index] as number] as string,
    predicted: classes[predictions.predicted[index] as number] as string,
    probability: round(predictions.probability[index] as number),
    loss: round(predictions.loss[index] as number),
  }));
}

const round = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : null);
