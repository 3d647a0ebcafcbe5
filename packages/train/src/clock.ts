/**
 * Images a second while training, and the share of that time in which steps waited for images: evaluation, checkpoints
 * and whoever reads the events are not counted.
 */

export interface Rate {
  readonly imagesPerSecond: number;
  /** 0..1 */
  readonly loading: number;
}

export interface Clock {
  start(): void;
  /** Ends what `start` began. @param waited milliseconds of it for images. */
  stop(images: number, waited: number): void;
  /** Since the last call. */
  lap(): Rate;
  /** Over all but the first step, which also compiles and allocates; null before the second. */
  overall(): Rate | null;
}

interface Sums {
  images: number;
  ms: number;
  waited: number;
}

export function createClock(): Clock {
  let started = 0;
  let steps = 0;
  let lap: Sums = { images: 0, ms: 0, waited: 0 };
  const all: Sums = { images: 0, ms: 0, waited: 0 };
  const add = (to: Sums, images: number, ms: number, waited: number) => {
    to.images += images;
    to.ms += ms;
    to.waited += waited;
  };
  const rate = ({ images, ms, waited }: Sums): Rate => ({
    imagesPerSecond: (1000 * images) / Math.max(ms, 1e-3),
    loading: Math.min(1, waited / Math.max(ms, 1e-3)),
  });
  return {
    start() {
      started = performance.now();
    },
    stop(images, waited) {
      const ms = performance.now() - started;
      add(lap, images, ms, waited);
      if (steps++ > 0) add(all, images, ms, waited);
    },
    lap() {
      const found = rate(lap);
      lap = { images: 0, ms: 0, waited: 0 };
      return found;
    },
    overall: () => (all.images > 0 ? rate(all) : null),
  };
}
