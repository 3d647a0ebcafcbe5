/**
 * Where the workers of a pool meet: memory that all of them see, in which each leaves its values, waits for the
 * others, and reads theirs. The thread that owns the pool never waits there; it breaks the meeting off when a worker
 * has failed, which releases those that wait.
 *
 *     int32    how many wait, turn, broken, how many have left; each rank's number of values, on two sides
 *     float64  two sides × ranks × PLACES
 *
 * The sides take turns: who is ahead writes on the one while who is behind still reads the other.
 */
import { NeusimError } from '@neusim/registry';

/** Values that a rank leaves at a time; more go in several turns. */
const PLACES = 1024;
const [WAITING, TURN, BROKEN, LEFT, LENGTHS] = [0, 1, 2, 3, 4] as const;
/** Between two looks at whether somebody left; nothing else depends on it. */
const LOOK_MS = 100;

/** Whether threads can share memory here: in a page, only where it is cross-origin isolated. */
export function canShareMemory(): boolean {
  return typeof SharedArrayBuffer === 'function' && globalThis.crossOriginIsolated !== false;
}

const intBytes = (size: number) => 8 * Math.ceil((4 * (LENGTHS + 2 * size)) / 8);

/** The memory of a meeting of `size` ranks. */
export function meetingMemory(size: number): SharedArrayBuffer {
  return new SharedArrayBuffer(intBytes(size) + 8 * 2 * size * PLACES);
}

export interface Meeting {
  /**
   * Gives values to every rank and returns those of all, by rank. Blocks until all have given as many; call it in
   * workers alone.
   * @throws NeusimError POOL_RELEASED where the meeting is broken off, POOL_GATHER_LENGTHS with `data` { lengths },
   *   POOL_GATHER_ALONE where another rank has left without giving.
   */
  gather(rank: number, own: Float64Array): Float64Array[];
  /** A rank's last word: it gives nothing more. */
  leave(): void;
  /** Releases whoever waits; from then on `gather` throws. */
  breakOff(): void;
  /** Makes it new. Only while nobody is in it. */
  begin(): void;
}

export function openMeeting(memory: SharedArrayBuffer, size: number): Meeting {
  const ints = new Int32Array(memory, 0, LENGTHS + 2 * size);
  const values = new Float64Array(memory, intBytes(size));

  const requireWhole = () => {
    if (Atomics.load(ints, BROKEN) !== 0)
      throw new NeusimError('POOL_RELEASED', 'the workers were released: one of them failed', {
        hint: 'See the error of the one that failed.',
      });
  };

  /** Returns when all ranks have come; `turn` is the one they come in. */
  const wait = (turn: number) => {
    if (Atomics.add(ints, WAITING, 1) + 1 === size) {
      Atomics.store(ints, WAITING, 0);
      Atomics.add(ints, TURN, 1);
      Atomics.notify(ints, TURN);
    }
    while (Atomics.load(ints, TURN) === turn) {
      requireWhole();
      // Who gave in this turn moved it on before leaving: looked at again, since both may have happened meanwhile.
      if (Atomics.load(ints, LEFT) > 0 && Atomics.load(ints, TURN) === turn) throw alone();
      Atomics.wait(ints, TURN, turn, LOOK_MS);
    }
    requireWhole();
  };

  /** One turn: up to PLACES values from `start` on. */
  const exchange = (rank: number, own: Float64Array, start: number, results: Float64Array[]) => {
    // The same for all: it moves on only when this rank, too, has come.
    const turn = Atomics.load(ints, TURN);
    const side = turn & 1;
    const lengthAt = (each: number) => LENGTHS + side * size + each;
    const placeOf = (each: number) => (side * size + each) * PLACES;
    const end = Math.min(own.length, start + PLACES);
    values.set(own.subarray(start, end), placeOf(rank));
    Atomics.store(ints, lengthAt(rank), own.length);
    wait(turn);
    const lengths = results.map((_, each) => Atomics.load(ints, lengthAt(each)));
    if (lengths.some((length) => length !== own.length)) throw unequal(lengths);
    for (const [each, result] of results.entries())
      result.set(values.subarray(placeOf(each), placeOf(each) + end - start), start);
  };

  return {
    gather(rank, own) {
      requireWhole();
      const results = Array.from({ length: size }, () => new Float64Array(own.length));
      let start = 0;
      do {
        exchange(rank, own, start, results);
        start += PLACES;
      } while (start < own.length);
      return results;
    },
    leave() {
      Atomics.add(ints, LEFT, 1);
      Atomics.notify(ints, TURN);
    },
    breakOff() {
      Atomics.store(ints, BROKEN, 1);
      // Who is about to wait for this turn finds another.
      Atomics.add(ints, TURN, 1);
      Atomics.notify(ints, TURN);
    },
    begin() {
      for (const place of [WAITING, BROKEN, LEFT]) Atomics.store(ints, place, 0);
    },
  };
}

function unequal(lengths: readonly number[]): NeusimError {
  return new NeusimError('POOL_GATHER_LENGTHS', `the workers gather ${lengths.join(', ')} values`, {
    data: { lengths },
    hint: 'Every worker gives as many: they have to do the same things in the same order.',
  });
}

function alone(): NeusimError {
  return new NeusimError('POOL_GATHER_ALONE', 'a worker waits for one that has ended its task already', {
    hint: 'Gather as often in every worker: they have to do the same things in the same order.',
  });
}
