// The one error class of NeuSim's public paths. Programs branch on `code` and read `data`; people read the
// message and the hint. Codes are UPPER_SNAKE, begin with their area, and never change their meaning.

import { formatError } from './format-error';

/** What a {@link NeusimError} carries besides its code and message. */
export interface NeusimErrorDetails {
  /** The values met and allowed, as fields. */
  readonly data?: Record<string, unknown>;
  /** One sentence on how to mend it. */
  readonly hint?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/** An error with a stable code, the values involved as fields, and a hint. */
export class NeusimError extends Error {
  /** Stable, UPPER_SNAKE, begins with its area: `REGISTRY_UNKNOWN_NAME`, `CONFIG_INVALID`. */
  readonly code: string;
  /** The values met and allowed; frozen. */
  readonly data: Readonly<Record<string, unknown>>;
  /** How to mend it, or `''`. */
  readonly hint: string;

  /** @param message says the value met and what is allowed; the code and the hint are kept apart from it. */
  constructor(code: string, message: string, details: NeusimErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.data = Object.freeze({ ...details.data });
    this.hint = details.hint ?? '';
  }

  // A getter, since an own field would be set only after the stack's first line is written.
  override get name(): string {
    return 'NeusimError';
  }

  override toString(): string {
    return `${this.name}: ${formatError(this)}`;
  }

  /** The error as data: what `--json` prints and what a worker posts. */
  toJSON(): Pick<NeusimError, 'name' | 'message' | 'code' | 'data' | 'hint'> {
    return { ...this, name: this.name, message: this.message };
  }
}
