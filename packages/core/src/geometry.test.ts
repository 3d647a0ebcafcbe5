import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { geometry, type Padding } from './geometry';

const side = fc.integer({ min: 1, max: 12 });
const small = fc.integer({ min: 1, max: 4 });
const explicit = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }));

describe('geometry', () => {
  test('windows lie inside the padded input, one more would not', () => {
    fc.assert(
      fc.property(
        side,
        small,
        small,
        small,
        fc.oneof(fc.constantFrom('same' as const, 'valid' as const), explicit),
        (size, kernel, stride, dilation, padding) => {
          const pad: Padding = typeof padding === 'string' ? padding : [padding, [0, 0]];
          const make = () =>
            geometry([size, 4, 1], [kernel, 1], { strides: [stride, 1], dilations: [dilation, 1], pad });
          const window = (kernel - 1) * dilation + 1;
          const total =
            typeof padding === 'string' ? (padding === 'same' ? window - 1 : 0) : padding[0] + padding[1];
          if (size + total < window) {
            expect(make).toThrow(expect.objectContaining({ code: 'GEOMETRY_KERNEL_TOO_LARGE' }));
            return;
          }
          const g = make();
          const padded = size + g.pad[0][0] + g.pad[0][1];
          const last = (g.outHeight - 1) * stride + window;
          expect(last).toBeLessThanOrEqual(padded);
          expect(last + stride).toBeGreaterThan(padded);
          if (pad === 'same') expect(g.outHeight).toBe(Math.ceil(size / stride));
        },
      ),
    );
  });

  test("a centre is an element of the input for 'same' and 'valid', the window's middle", () => {
    fc.assert(
      fc.property(
        side,
        small,
        small,
        small,
        fc.constantFrom('same' as const, 'valid' as const),
        (size, kernel, stride, dilation, pad) => {
          const window = (kernel - 1) * dilation + 1;
          fc.pre(pad === 'same' || window <= size);
          const g = geometry([size, 1, 1], [kernel, 1], {
            strides: [stride, 1],
            dilations: [dilation, 1],
            pad,
          });
          const start = -g.pad[0][0];
          expect(g.centre[0]).toBe(start + Math.floor((window - 1) / 2));
          expect(g.centre[0]).toBeGreaterThanOrEqual(0);
          expect(g.centre[0] + (g.outHeight - 1) * stride).toBeLessThan(size);
        },
      ),
    );
  });

  test.each([
    [{ strides: [0, 1] }, 'GEOMETRY_INVALID'],
    [{ dilations: [1, 1.5] }, 'GEOMETRY_INVALID'],
    [{ pad: 'full' }, 'GEOMETRY_INVALID'],
    [
      {
        pad: [
          [-1, 0],
          [0, 0],
        ],
      },
      'GEOMETRY_INVALID',
    ],
    [{ strides: 2 }, 'GEOMETRY_INVALID'],
    [{ dilations: [3, 1] }, 'GEOMETRY_KERNEL_TOO_LARGE'],
  ])('refuses %j', (options, code) => {
    expect(() => geometry([5, 5, 1], [3, 3], options as never)).toThrow(expect.objectContaining({ code }));
  });
});
