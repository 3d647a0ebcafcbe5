// Bytes that come and go as the few words of a progress line: megabytes, their rate, and the time left.

import type { Progress } from '../terminal/progress';

/** Where some work on bytes stands; `total` is 0 where nobody knows it. */
export interface Bytes {
  readonly phase: string;
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

const MB = 1e6;
const megabytes = (bytes: number) => Math.round((10 * bytes) / MB) / 10;

/** A function that keeps the progress line `line` up to date. */
export function byteTicker(line: string, progress: Progress): (bytes: Bytes) => void {
  let first: Bytes & { readonly time: number } = { phase: '', name: '', done: 0, total: 0, time: 0 };
  return (now) => {
    const time = performance.now();
    if (now.phase !== first.phase || now.name !== first.name || now.done < first.done)
      first = { ...now, time };
    const rate = (1000 * (now.done - first.done)) / (time - first.time || 1);
    const seconds = now.total > 0 && rate > 0 ? Math.ceil((now.total - now.done) / rate) : 0;
    const words = [
      `MB  ${now.phase} ${now.name}`,
      rate > 0 && `${(rate / MB).toFixed(1)} MB/s`,
      seconds > 0 && (seconds < 120 ? `${seconds} s left` : `${Math.round(seconds / 60)} min left`),
    ];
    progress.update(line, {
      step: megabytes(now.done),
      steps: megabytes(Math.max(now.total, now.done)),
      text: words.filter(Boolean).join('  '),
      isLast: now.total > 0 && now.done === now.total,
    });
  };
}
