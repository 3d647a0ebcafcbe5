import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameRecord, readRecords } from './tfrecord';

const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const datas = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 });

test('a record of 3 bytes takes 19: length, its CRC, data, their CRC', () => {
  const record = frameRecord(Uint8Array.of(1, 2, 3));
  expect(record).toHaveLength(19);
  expect([...record.subarray(0, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
});

test('what was framed is read back', () => {
  fc.assert(
    fc.property(datas, (given) => {
      const { records, cutShort } = readRecords(join(given.map(frameRecord)), 'a');
      expect(records.map((each) => [...each])).toEqual(given.map((each) => [...each]));
      expect(cutShort).toBe(0);
    }),
  );
});

test('a file cut anywhere gives the records before the cut, and tells how many bytes are left over', () => {
  fc.assert(
    fc.property(datas, fc.nat(), (given, place) => {
      const whole = join(given.map(frameRecord));
      const cut = place % (whole.length + 1);
      const { records, cutShort } = readRecords(whole.subarray(0, cut), 'a');
      const kept = records.reduce((sum, each) => sum + each.length + 16, 0);
      expect(kept + cutShort).toBe(cut);
      expect(records.length).toBeLessThanOrEqual(given.length);
      expect(cut === whole.length || records.length < given.length).toBe(true);
    }),
  );
});

test('one bit altered anywhere is an error that names the record', () => {
  fc.assert(
    fc.property(datas, fc.nat(), fc.integer({ min: 0, max: 7 }), (given, place, bit) => {
      const bytes = join(given.map(frameRecord));
      bytes[place % bytes.length] = (bytes[place % bytes.length] as number) ^ (1 << bit);
      expect(() => readRecords(bytes, 'events.x')).toThrow(/events\.x: record \d+, at byte \d+, has CRC/);
    }),
  );
});
