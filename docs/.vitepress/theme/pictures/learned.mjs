// Numbers of two trained networks, for the pictures: `neusim train nsn-digits-static-uns --seed 1` and
// `neusim train nsn-digits --seed 1`, read with inspectSimilarity of @neusim/train, to two decimals.

/** The 9×9 M of the first similarity layer, row by row: kernel taps down, input taps across. */
export const staticM = [
  [0.51, 0.07, 0, -0.12, 0.07, 0.03, -0.14, -0.1, -0.11],
  [-0.02, 0.31, 0.01, 0.01, 0.15, 0.04, -0.12, -0.07, -0.19],
  [0.09, 0.15, 0.42, -0.05, 0.06, 0.01, -0.06, -0.11, -0.12],
  [-0.05, -0.17, 0.06, 0.49, 0.13, -0.01, -0.19, 0.03, -0.02],
  [0.09, -0.04, -0.18, -0.02, 0.55, 0, -0.1, 0.05, 0.01],
  [0.01, -0.2, -0.16, 0.06, 0.04, 0.46, 0, -0.09, -0.04],
  [-0.03, 0.02, 0, 0.01, 0.18, 0.06, 0.47, 0.19, -0.1],
  [0, -0.05, -0.16, -0.02, -0.06, 0.07, -0.06, 0.62, 0.08],
  [-0.05, 0.01, 0, 0.1, 0, 0.13, -0.24, -0.12, 0.54],
];

/** The diagonal M that the dynamic network predicts for an image of a 4, at four positions of its first layer. */
export const predictedM = [
  { at: [1, 1], m: [1.09, 0.84, 0.96, 0.93, 0.82, 0.95, 1.39, 1.34, 0.95] },
  { at: [3, 5], m: [1.07, 0.96, 0.91, 0.93, 1.11, 0.86, 1.08, 1.08, 0.97] },
  { at: [6, 6], m: [0.56, 1.04, 1.29, 0.81, 1.6, 0.84, 0.86, 0.86, 0.96] },
  { at: [9, 8], m: [0.8, 0.95, 1.25, 0.84, 1.13, 0.9, 1.2, 1.18, 0.96] },
];
