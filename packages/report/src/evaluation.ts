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

const MOST_MISTAKES = 24;
const MOST_PAIRS = 20;
const MOST_CELLS = 100;

export async function evaluationReport(evaluated: Evaluated): Promise<EvaluationReport> {
  const { split, classes, labels, error, top5Error, loss, confusion, predictions } = evaluated;
  const images = labels.length;
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
    classes: classFigures(classes, confusion),
    confused: confusedPairs(classes, confusion),
    confusion: shrinkConfusion(confusion),
    mistakes: await mistakesOf(evaluated, wrong),
  };
}

/** Count and FNV-1a: what tells one test set from another. */
function fingerprint(labels: ArrayLike<number>): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < labels.length; i++) hash = Math.imul(hash ^ (labels[i] as number), 0x01000193);
  return `${labels.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}

/** Every class, from [label][predicted]. */
export function classFigures(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): ClassFigures[] {
  const taken = new Array<number>(classes.length).fill(0);
  for (const row of confusion) for (const [predicted, count] of row.entries()) taken[predicted]! += count;
  return classes.map((name, label) => {
    const row = confusion[label] as readonly number[];
    const images = row.reduce((sum, count) => sum + count, 0);
    return { name, images, wrong: images - (row[label] as number), predicted: taken[label] as number };
  });
}

/** The pairs most often mistaken, from [label][predicted]. */
export function confusedPairs(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
  most = MOST_PAIRS,
): Confused[] {
  const pairs: [label: number, predicted: number, images: number][] = [];
  for (const [label, row] of confusion.entries())
    for (const [predicted, images] of row.entries())
      if (images > 0 && label !== predicted) pairs.push([label, predicted, images]);
  return pairs
    .sort((a, b) => b[2] - a[2])
    .slice(0, most)
    .map(([label, predicted, images]) => ({
      label: classes[label] as string,
      predicted: classes[predicted] as string,
      images,
    }));
}

/** At most a hundred cells to a side. */
export function shrinkConfusion(confusion: readonly (readonly number[])[]): EvaluationReport['confusion'] {
  const perCell = Math.ceil(confusion.length / MOST_CELLS);
  const size = Math.ceil(confusion.length / perCell);
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  for (const [label, row] of confusion.entries())
    for (const [predicted, images] of row.entries())
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
