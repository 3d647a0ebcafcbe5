// Parts that the operations' schemas share.

import * as v from 'valibot';

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const above0 = v.pipe(v.number(), v.finite(), v.gtValue(0));

/** A probability, 0..1. */
export const chance = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** From 0. */
export const amountSchema = amount;

/** Above 0. */
export const positiveSchema = above0;

/** A whole number from 1. */
export const countSchema = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Two numbers above 0, the smaller first. */
export const rangeSchema = v.pipe(
  v.tuple([above0, above0]),
  v.check(([low, high]) => low <= high, 'allowed: two numbers above 0, the smaller first'),
);

/** Shares of an image's area, the smaller first. */
export const areaSchema = v.pipe(
  rangeSchema,
  v.check(([, high]) => high <= 1, 'allowed: two shares of the image, above 0 and up to 1'),
);
