/** The table of the suite `operators`: a line an operator, in place of six ratios in six lines. */
import { operatorRatio } from './goals';
import type { Report } from './report';

const columns = [
  ['ForwardVsConv', 'forward / conv'],
  ['TrainVsConv', 'train / conv'],
  ['MemoryVsConv', 'memory / conv'],
  ['ForwardVsComposed', 'forward / composed'],
  ['TrainVsComposed', 'train / composed'],
  ['MemoryVsComposed', 'memory / composed'],
] as const;

export function operatorLines({ ratios }: Report): readonly (readonly string[])[] {
  const names = new Set(Object.keys(ratios).flatMap((name) => operatorRatio(name)?.[0] ?? []));
  const cell = (name: string) => ratios[name]?.toFixed(2) ?? '';
  return [
    ['operator', ...columns.map(([, head]) => head)],
    ...[...names].map((name) => [`\`${name}\``, ...columns.map(([kind]) => cell(name + kind))]),
  ];
}
