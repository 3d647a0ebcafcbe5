import { NeusimError } from '@neusim/registry';
import { expect, test } from 'vitest';
import { errorText, exitCodeOf } from './report-error';

test.each([
  ['CONFIG_INVALID', 2],
  ['DATASET_SHORT_FILE', 2],
  ['PLATFORM_FILE_MISSING', 2],
  ['CHECKPOINT_CORRUPT', 2],
  ['BACKEND_UNKNOWN', 2],
  ['TRAIN_OUT_TAKEN', 2],
  ['TRAIN_NON_FINITE', 1],
  ['ENGINE_MEMORY', 1],
  ['GPU_LOST', 1],
  ['BACKEND_FAILED', 1],
  ['PLATFORM_WORKER_FAILED', 1],
])('%s exits with %i', (code, exitCode) => {
  expect(exitCodeOf(new NeusimError(code, 'met'))).toBe(exitCode);
});

test('what is no NeusimError exits with 1', () => {
  expect(exitCodeOf(new TypeError('x'))).toBe(1);
});

test('what does not fold: the hint is of what it is', () => {
  const hint = (data: object) =>
    errorText(new NeusimError('FOLD_DYNAMIC', 'met', { data: { layer: 'a', ...data } }), false);
  expect(hint({ similarity: 'dynamic-dns', shape: 'full' })).toContain('--set model.similarity=static-uns');
  // Beside an operator a similarity is refused.
  expect(hint({ operator: 'cond-conv' })).not.toContain('--set');
  expect(hint({ operator: 'cond-conv' })).toContain('operator');
});

test('a network is no preset: the hint is of one that has it, and of how a preset takes another', () => {
  const data = { name: 'nsn-resnet', known: ['nsn-digits', 'nsn-resnet-20'] };
  const text = errorText(new NeusimError('PRESET_UNKNOWN', 'met', { data, hint: 'Known: …' }), false);
  expect(text).toContain('did you mean "nsn-resnet-20"?');
  expect(text).toContain('--set model=NAME');
});
