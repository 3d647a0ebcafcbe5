/** What a check hands back: one row a comparison, and one error that lists the rows that failed. */
import { NeusimError } from '@neusim/registry';

export interface CheckRow {
  /** What was compared, e.g. `stride 2x1: gradient`. */
  readonly check: string;
  readonly ok: boolean;
  /** The figure measured; Infinity where the check could not be carried out. */
  readonly figure: number;
  /** The largest figure that passes. */
  readonly allowed: number;
  /** The error met, where there was one. */
  readonly detail?: string;
}

export interface CheckReport {
  readonly name: string;
  readonly rows: readonly CheckRow[];
}

/** A row that passes where figure ≤ allowed; NaN fails. */
export function checkRow(check: string, figure: number, allowed: number, detail?: string): CheckRow {
  return { check, ok: figure <= allowed, figure, allowed, ...(detail === undefined ? {} : { detail }) };
}

/** The row of a check that threw. */
export function brokenRow(check: string, error: unknown): CheckRow {
  return checkRow(check, Number.POSITIVE_INFINITY, 0, error instanceof Error ? error.message : String(error));
}

/**
 * The report of `rows`.
 * @throws NeusimError CHECK_FAILED where a row failed; `data.rows` holds all rows.
 */
export function checkReport(name: string, rows: readonly CheckRow[]): CheckReport {
  const failed = rows.filter((row) => !row.ok);
  if (failed.length === 0) return { name, rows };
  const lines = failed.map(
    ({ check, figure, allowed, detail }) =>
      `  ${check}: ${figure.toPrecision(3)}, allowed ${allowed}${detail ? ` (${detail})` : ''}`,
  );
  throw new NeusimError(
    'CHECK_FAILED',
    `${name}: ${failed.length} of ${rows.length} checks failed\n${lines.join('\n')}`,
    {
      data: { name, rows },
      hint: 'Figures are norm-wise relative errors, counts of tensors, or relative changes of the loss.',
    },
  );
}
