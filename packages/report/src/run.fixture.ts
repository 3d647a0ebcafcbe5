// Made-up runs for tests: what a network of so many classes may leave.

import { type Evaluated, evaluationReport } from './evaluation';
import type { RunReport } from './types';

/** Every image of a class but the first is right; the first is read as the class after. @param shape of the images. */
export function evaluated(
  classes: number,
  perClass: number,
  shape: Evaluated['shape'] = [8, 8, 3],
): Evaluated {
  const labels = Int32Array.from({ length: classes * perClass }, (_, index) => Math.floor(index / perClass));
  const predicted = labels.map((label, index) => (index % perClass === 0 ? (label + 1) % classes : label));
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [index, label] of labels.entries()) confusion[label]![predicted[index]!]!++;
  const pixels = shape[0] * shape[1] * shape[2];
  return {
    split: 'test',
    classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
    labels,
    error: 100 / perClass,
    top5Error: null,
    loss: 0.5,
    confusion,
    predictions: {
      predicted,
      probability: Float32Array.from(labels, (_, index) => 0.5 + (index % 7) / 20),
      loss: Float32Array.from(labels, (_, index) => index / 10),
    },
    shape,
    read: async (indices) =>
      Uint8Array.from({ length: indices.length * pixels }, (_, at) => ((at * 7919) ^ (at >> 3)) % 256),
    nameOf: (index) => `class/${index}.png`,
  };
}

export async function runOf(
  name: string,
  seed: number,
  testError: number,
  evaluation: Evaluated = evaluated(3, 4),
): Promise<RunReport> {
  const steps = Array.from({ length: 30 }, (_, index) => 10 * (index + 1));
  return {
    result: {
      name,
      seed,
      similarity: 'inner-product',
      shape: 'full',
      predictor: null,
      testError,
      top5Error: null,
      testLoss: 0.5,
      parameters: 10,
      multiplyAdds: 100,
      trainImagesPerSecond: 1000,
      inferenceImagesPerSecond: 2000,
      foldedImagesPerSecond: null,
      foldDifference: null,
    },
    loss: steps.map((step) => [step, 2 / step]),
    testError: steps.map((step) => [step, testError + 20 / step]),
    learningRate: steps.map((step) => [step, step < 200 ? 0.1 : 0.01]),
    notes: [{ step: 100, text: 'the loss stood still <b>' }],
    evaluation: await evaluationReport(evaluation),
    learned: null,
    config: { model: 'cnn-digits', name, seed },
  };
}
