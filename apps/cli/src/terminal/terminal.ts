// Where a command's words go: results to standard output, everything else to standard error. Commands never
// touch `process`; tests give them a terminal of their own.

/** What a command sees of the outside. */
export interface Terminal {
  /** Results. Under `--json` it receives one JSON text and nothing else. */
  out(text: string): void;
  /** Progress, notes and errors. */
  err(text: string): void;
  /** Whether `err` goes to a person's terminal: a progress bar may redraw itself there. */
  readonly interactive: boolean;
  /** Between two progress lines of a run, where nothing redraws itself. */
  readonly secondsBetweenLines: number;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C; its reason is the signal's name. */
  readonly interrupted: AbortSignal;
}

/** What a command found, for a program and for a person. */
export interface Outcome {
  /** What `--json` prints: one object, or an array for lists. */
  readonly json: unknown;
  /** What is printed without `--json`. */
  readonly text: string;
  /** Default 0. */
  readonly exitCode?: number;
}
