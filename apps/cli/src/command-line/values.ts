// Values of options.

import { InvalidArgumentError } from 'commander';

/** Of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** 0, 1, … */
export const wholeNumber = (text: string) => between(text, 0);

/** 1, 2, … */
export const positive = (text: string) => between(text, 1);

/** 1, 2, … most */
export const upTo = (most: number) => (text: string) => between(text, 1, most);

function between(text: string, least: number, most?: number): number {
  const value = Number(text);
  const isOne = text.trim() !== '' && Number.isSafeInteger(value);
  if (isOne && value >= least && value <= (most ?? value)) return value;
  const to = most === undefined ? '' : ` to ${most}`;
  throw new InvalidArgumentError(`wanted: a whole number from ${least}${to}.`);
}
