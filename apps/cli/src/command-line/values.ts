// Values of options.

import { InvalidArgumentError } from 'commander';

/** Of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []) => [...before, value];

/** 0, 1, … */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new InvalidArgumentError('wanted: a whole number from 0.');
  }
  return value;
}

/** 1, 2, … */
export function positive(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('wanted: a whole number from 1.');
  return value;
}

/** 1, 2, … most */
export const upTo =
  (most: number) =>
  (text: string): number => {
    const value = positive(text);
    if (value > most) throw new InvalidArgumentError(`wanted: a whole number from 1 to ${most}.`);
    return value;
  };
