// What went wrong, as plain data that a worker can post and a page can show.
import { NeusimError } from '@neusim/registry';

export interface Failure {
  /** Of a NeusimError; UNEXPECTED for all else. */
  readonly code: string;
  readonly message: string;
  /** How to mend it, or ''. */
  readonly hint: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof NeusimError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  const { message = String(error) } = Object(error) as Partial<Error>;
  return { code: 'UNEXPECTED', message, hint: 'The console of the browser may hold more.' };
}
