// What the demo's figures should have been.

import type { ResultRow } from '@neusim/report';

/** In percent of the test images; every network of the whole demo stays below it. */
const EXPECTED_ERROR = 4;

/** A line for each network that learned less than it should have. */
export function errorWarnings(rows: readonly ResultRow[]): string[] {
  return rows.flatMap(({ name, testError }) =>
    testError !== null && testError < EXPECTED_ERROR
      ? []
      : `Warning: ${name} ends with a test error of ${testError?.toFixed(2) ?? '–'} %; below ${EXPECTED_ERROR} % was expected.`,
  );
}
