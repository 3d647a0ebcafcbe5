/** Images a second while training: evaluation, checkpoints and whoever reads the events are not counted. */

export interface Clock {
  start(): void;
  /** Ends what `start` began. */
  stop(images: number): void;
  /** Since the last call. */
  lap(): { readonly imagesPerSecond: number; readonly ms: number };
  /** Over all but the first step, which also compiles and allocates; null before the second. */
  overall(): number | null;
}

export function createClock(): Clock {
  let started = 0;
  let steps = 0;
  const lap = { images: 0, ms: 0 };
  const all = { images: 0, ms: 0 };
  const add = (to: typeof lap, images: number, ms: number) => {
    to.images += images;
    to.ms += ms;
  };
  const rate = ({ images, ms }: typeof lap) => (1000 * images) / Math.max(ms, 1e-3);
  return {
    start() {
      started = performance.now();
    },
    stop(images) {
      const ms = performance.now() - started;
      add(lap, images, ms);
      if (steps++ > 0) add(all, images, ms);
    },
    lap() {
      const found = { imagesPerSecond: rate(lap), ms: lap.ms };
      lap.images = 0;
      lap.ms = 0;
      return found;
    },
    overall: () => (all.images > 0 ? rate(all) : null),
  };
}
