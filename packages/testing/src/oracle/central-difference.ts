/** Gradients by finite differences, for functions of float64 numbers. */

/**
 * Gradient of the scalar `f` at `x`: (f(x + step·e) - f(x - step·e)) / (2·step) along each axis e. Its error is
 * about step² times the third derivative plus 1e-16/step times f: 1e-10 for well-scaled functions and the
 * default step.
 */
export function centralDifference(
  f: (x: Float64Array) => number,
  x: ArrayLike<number>,
  step = 1e-5,
): Float64Array {
  const moved = Float64Array.from(x);
  return Float64Array.from(x as ArrayLike<number>, (value, i) => {
    moved[i] = value + step;
    const above = f(moved);
    moved[i] = value - step;
    const below = f(moved);
    moved[i] = value;
    return (above - below) / (2 * step);
  });
}
