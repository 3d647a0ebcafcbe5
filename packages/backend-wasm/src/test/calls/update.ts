/** Calls of the optimisers' updates. */
import fc from 'fast-check';
import { cases } from '../kernel-call';
import { flag, seed, size, values } from './values';

const [rate, momentum, beta1, beta2, epsilon, l2] = [0.1, 0.9, 0.9, 0.99, 1e-3, 0.01];

export const updateSgd = cases(
  fc.record({ count: size(1, 30), nesterov: flag, seed }),
  [],
  ({ count, nesterov, seed }) => {
    const [param, grad, velocity] = vectors(3, count, seed) as [Float64Array, Float64Array, Float64Array];
    const total = grad.map((g, i) => g + l2 * param[i]!);
    const nextVelocity = velocity.map((v, i) => momentum * v + total[i]!);
    const nextParam = param.map(
      (p, i) => p - rate * (nesterov ? total[i]! + momentum * nextVelocity[i]! : nextVelocity[i]!),
    );
    return {
      buffers: {
        param: { before: param },
        grad: { before: grad },
        velocity: { before: velocity },
        nextParam: { after: nextParam },
        nextVelocity: { after: nextVelocity },
      },
      run: ({ updateSgd }, at) =>
        updateSgd(
          at('param'),
          at('grad'),
          at('velocity'),
          at('nextParam'),
          at('nextVelocity'),
          count,
          rate,
          momentum,
          nesterov,
          l2,
        ),
    };
  },
);

export const updateAdam = cases(fc.record({ count: size(1, 30), seed }), [], ({ count, seed }) => {
  const [param, grad, first, root] = vectors(4, count, seed) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const second = root.map((value) => Math.fround(value ** 2));
  const unbias = 1.7;
  const total = grad.map((g, i) => g + l2 * param[i]!);
  const nextFirst = first.map((m, i) => beta1 * m + (1 - beta1) * total[i]!);
  const nextSecond = second.map((v, i) => beta2 * v + (1 - beta2) * total[i]! ** 2);
  const nextParam = param.map(
    (p, i) => p - (rate * nextFirst[i]!) / (Math.sqrt(nextSecond[i]! * unbias) + epsilon),
  );
  return {
    buffers: {
      param: { before: param },
      grad: { before: grad },
      first: { before: first },
      second: { before: second },
      nextParam: { after: nextParam },
      nextFirst: { after: nextFirst },
      nextSecond: { after: nextSecond },
    },
    run: ({ updateAdam }, at) =>
      updateAdam(
        at('param'),
        at('grad'),
        at('first'),
        at('second'),
        at('nextParam'),
        at('nextFirst'),
        at('nextSecond'),
        count,
        rate,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        unbias,
        epsilon,
        l2,
      ),
  };
});

function vectors(howMany: number, count: number, seed: number): Float64Array[] {
  return Array.from({ length: howMany }, (_, i) => values([count], seed + i).data);
}
