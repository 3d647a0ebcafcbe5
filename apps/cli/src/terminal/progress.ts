// How far the runs are: a bar for each on a person's terminal, elsewhere a plain line every few seconds.

import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { printable, printableLines } from './printable';
import type { Terminal } from './terminal';

/** Where one run stands. */
export interface Tick {
  readonly step: number;
  /** Steps in all; 0 where that is not known. */
  readonly steps: number;
  /** What it is doing or has reached, in a few words. */
  readonly text: string;
  /** The run's last: never left out. */
  readonly isLast?: boolean;
}

export interface Progress {
  /** Called as often as one likes; `name` is the run's. */
  update(name: string, tick: Tick): void;
  /** A line to keep. */
  note(text: string): void;
  /** Takes the bars away. */
  stop(): void;
}

/** Progress of the runs `names` on standard error. */
export function createProgress(terminal: Terminal, names: readonly string[]): Progress {
  const width = Math.max(0, ...names.map((name) => name.length));
  const { update, ...shown } = terminal.interactive ? bars(width) : lines(terminal, width);
  return {
    ...shown,
    update: (name, tick) => update(printable(name), { ...tick, text: printable(tick.text) }),
  };
}

function lines(terminal: Terminal, width: number): Progress {
  const last = new Map<string, number>();
  return {
    update(name, { step, steps, text, isLast }) {
      const now = Date.now();
      if (!isLast && now - (last.get(name) ?? 0) < 1000 * terminal.secondsBetweenLines) return;
      last.set(name, now);
      terminal.err(`${name.padEnd(width)}  ${countOf(step, steps)}  ${text}`);
    },
    note: (text) => terminal.err(text),
    stop() {},
  };
}

/** `  7/600`; the steps alone where it is not known how many there are. */
const countOf = (step: number, steps: number) =>
  steps > 0 ? `${String(step).padStart(String(steps).length)}/${steps}` : String(step);

function bars(width: number): Progress {
  const multi = new MultiBar(
    {
      format: '{name}  {bar}  {count}  {text}',
      barsize: 24,
      hideCursor: true,
      clearOnComplete: false,
      // The command decides what a Ctrl-C does.
      gracefulExit: false,
      fps: 8,
    },
    Presets.shades_classic,
  );
  const made = new Map<string, SingleBar>();
  return {
    update(name, { step, steps, text }) {
      const shown = { text, count: countOf(step, steps) };
      const bar = made.get(name) ?? multi.create(steps, step, { name: name.padEnd(width), ...shown });
      made.set(name, bar);
      bar.setTotal(steps);
      bar.update(step, shown);
    },
    note: (text) => multi.log(`${printableLines(text)}\n`),
    stop: () => multi.stop(),
  };
}
