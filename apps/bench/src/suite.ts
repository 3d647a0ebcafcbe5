/** What a suite is: how its engines are started, and its parts. */
import type { Findings, Machine } from './report';
import type { Peak } from './webgpu/chips';

export interface SuiteOptions {
  /** Tiny sizes and two rounds. */
  readonly quick: boolean;
  /** The parts of the suite to run; all where absent. */
  readonly only?: readonly string[] | undefined;
  /** Told what runs next. */
  readonly onProgress?: (what: string) => void;
  /** For Dawn, in the suite `webgpu`. */
  readonly dawn?: readonly string[] | undefined;
  /** What the GPU can do at most, where the table of chips is wrong or does not know it. */
  readonly peak?: Peak | undefined;
}

/** A suite, and how its engines are started: `E`. */
export interface Suite<E> {
  start(options: SuiteOptions): Promise<E>;
  /** Milliseconds of a fixed computation: a processor that is slowed down shows here. */
  reference(engines: E, quick: boolean): number | Promise<number>;
  /** In the order of their runs. */
  readonly parts: Readonly<Record<string, (engines: E, quick: boolean) => Findings | Promise<Findings>>>;
  describe?(engines: E): Partial<Machine>;
  /** After a part that failed: makes the engines fit for the next. Where absent, a failure ends the suite. */
  recover?(engines: E): Promise<void>;
  readonly seeds?: readonly number[];
}
