// What threads do to each other between two looks at shared memory, played by one thread.
import { expect, onTestFinished, test, vi } from 'vitest';
import { meetingMemory, openMeeting } from './meeting';

/** Does something once, just after the memory's place `index` was read for the `times`-th time. */
function after(index: number, times: number, then: () => void) {
  const load = Atomics.load;
  let seen = 0;
  const spy = vi.spyOn(Atomics, 'load').mockImplementation(((ints: Int32Array, at: number) => {
    const value = load(ints, at);
    if (at === index && ++seen === times) then();
    return value;
  }) as typeof Atomics.load);
  onTestFinished(() => spy.mockRestore());
}

const TURN = 1;

test('who gives and leaves between two looks of one that waits has not deserted it', () => {
  const memory = meetingMemory(2);
  const [slow, quick] = [openMeeting(memory, 2), openMeeting(memory, 2)];
  slow.begin();
  // The first look is for the turn, the second for whether it has moved on.
  after(TURN, 2, () => {
    quick.gather(1, Float64Array.of(7));
    quick.leave();
  });
  expect(slow.gather(0, Float64Array.of(5)).map((each) => [...each])).toEqual([[5], [7]]);
});

test('who leaves without giving has', () => {
  const memory = meetingMemory(2);
  const [slow, quick] = [openMeeting(memory, 2), openMeeting(memory, 2)];
  slow.begin();
  after(TURN, 2, () => quick.leave());
  expect(() => slow.gather(0, Float64Array.of(5))).toThrow(
    expect.objectContaining({ code: 'POOL_GATHER_ALONE' }),
  );
});
