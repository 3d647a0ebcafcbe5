// What `neusim eval` prints.

import type { ClassFigures, Confused, Interval } from '@neusim/report';
import { textTable } from '../terminal/text-table';

export interface EvaluationFigures {
  readonly dataset: string;
  readonly split: string;
  readonly images: number;
  readonly imagesPerSecond: number;
  readonly error: number;
  readonly errorInterval: Interval;
  readonly top5Error: number | null;
  readonly top5ErrorInterval: Interval | null;
  readonly loss: number | null;
  readonly classes: readonly ClassFigures[];
  readonly confused: readonly Confused[];
}

/** Of more classes, the hardest. */
const MOST_CLASSES = 20;
const MOST_PAIRS = 10;

const right = 'right' as const;

export function evaluationText(found: EvaluationFigures): string {
  const { images, dataset, split, errorInterval, top5Error, top5ErrorInterval, loss, classes, confused } =
    found;
  const within = (value: number, [low, high]: Interval) =>
    `${value.toFixed(2)} %  (95 %: ${low.toFixed(2)} … ${high.toFixed(2)})`;
  const lines = [
    `${images.toLocaleString('en-US')} ${split} images of ${dataset}, ${found.imagesPerSecond.toLocaleString('en-US')} a second`,
    `error        ${within(found.error, errorInterval)}`,
    ...(top5Error === null || !top5ErrorInterval
      ? []
      : [`top-5 error  ${within(top5Error, top5ErrorInterval)}`]),
    `loss         ${loss?.toFixed(4) ?? 'no finite number'}`,
  ];
  const tested = classes.filter((each) => each.images > 0);
  const shown =
    tested.length > MOST_CLASSES
      ? tested.toSorted((a, b) => b.wrong / b.images - a.wrong / a.images).slice(0, MOST_CLASSES)
      : tested;
  const classTable = textTable(
    [
      { title: 'class' },
      { title: 'images', align: right },
      { title: 'wrong', align: right },
      { title: 'error %', align: right },
    ],
    shown.map(({ name, images: count, wrong }) => [
      name,
      String(count),
      String(wrong),
      ((100 * wrong) / count).toFixed(2),
    ]),
  );
  const pairTable = textTable(
    [{ title: 'is' }, { title: 'read as' }, { title: 'images', align: right }],
    confused
      .slice(0, MOST_PAIRS)
      .map(({ label, predicted, images: count }) => [label, predicted, String(count)]),
  );
  return [
    lines.join('\n'),
    ...(shown.length < tested.length
      ? [`The ${MOST_CLASSES} hardest of ${tested.length} classes:\n${classTable}`]
      : [classTable]),
    ...(confused.length > 0 ? [`Most often confused:\n${pairTable}`] : []),
  ].join('\n\n');
}
