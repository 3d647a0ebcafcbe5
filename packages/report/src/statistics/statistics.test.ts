// Against scipy 1.17:
//   python3 -c "from scipy import stats as s; print(s.t.ppf(.975,[1,2,4,29]), s.t.sf([.5,2,30],[1,3,2])*2)"
//   python3 -c "from scipy.stats import binomtest as b; print([b(k,n).proportion_ci(method='wilson') for k,n in [(33,2000),(0,10),(5,5)]])"
//   python3 -c "from scipy.stats import binomtest as b; print([b(k,n).pvalue for k,n in [(1,9),(12,50),(5,10),(0,1),(480,1100)]])"
//   python3 -c "from scipy.stats import ttest_rel as t; r=t([1.65,1.9,1.7],[2.1,2.25,1.95]); print(r.pvalue, r.confidence_interval())"
import { expect, test } from 'vitest';
import { meanInterval, wilson } from './intervals';
import { tWithin, twoSidedT } from './student-t';
import { mcnemarExact, pairedT } from './tests';

test.each([
  [1, 12.706204736174694],
  [2, 4.302652729749462],
  [4, 2.7764451051977934],
  [29, 2.045229642132703],
])('95 %% of t with %i degrees of freedom lie within %f', (freedom, t) => {
  expect(tWithin(0.95, freedom)).toBeCloseTo(t, 9);
});

test.each([
  [0.5, 1, 0.7048327646991335],
  [2, 3, 0.13932596855884305],
  [30, 2, 0.001109262681959659],
])('P(|T| >= %f) with %i degrees of freedom is %f', (t, freedom, p) => {
  expect(twoSidedT(t, freedom)).toBeCloseTo(p, 11);
});

test.each([
  [33, 2000, 0.011772823607253374, 0.02308096111371822],
  [0, 10, 0, 0.27753279986288926],
  [5, 5, 0.5655175352168251, 1],
])('Wilson: %i of %i', (counted, count, low, high) => {
  const [from, to] = wilson(counted, count);
  expect(from).toBeCloseTo(low, 12);
  expect(to).toBeCloseTo(high, 12);
});

test.each([
  [1, 8, 0.0390625],
  [12, 38, 0.00030586400160359517],
  [5, 5, 1],
  [0, 1, 1],
  [480, 620, 2.7131381093006878e-5],
  [0, 0, 1],
])('McNemar: %i against %i', (first, second, p) => {
  expect(mcnemarExact(first, second)).toBeCloseTo(p, 10);
});

test('a paired t test of three seeds', () => {
  const [one, other] = [
    [1.65, 1.9, 1.7],
    [2.1, 2.25, 1.95],
  ] as const;
  const differences = one.map((value, index) => value - (other[index] as number));
  expect(pairedT(differences)).toBeCloseTo(0.026148318903646654, 10);
  const [low, high] = meanInterval(differences);
  expect(low).toBeCloseTo(-0.5984137711750332, 9);
  expect(high).toBeCloseTo(-0.10158622882496687, 9);
});

test('differences that are all alike: none is no difference, some have no spread to judge by', () => {
  expect(pairedT([0, 0, 0])).toBe(1);
  expect(pairedT([0.5, 0.5])).toBeNull();
  expect(pairedT([3.1 - 2, 2.6 - 1.5, 4.3 - 3.2])).toBeNull();
  expect(meanInterval([0.5, 0.5])).toEqual([0.5, 0.5]);
});
