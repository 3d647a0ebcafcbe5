/** Which build is chosen, and by what. */
import { afterEach, expect, test, vi } from 'vitest';
import { bytesOf } from '../test/kernel-call';

afterEach(() => {
  vi.restoreAllMocks();
  vi.resetModules();
});

test('an engine with relaxed SIMD gets the relaxed build, once', async () => {
  const { hasRelaxedSimd, loadBinary } = await import('./binary');
  const foreseen = hasRelaxedSimd();
  expect(foreseen).toBe(true);
  const loaded = await loadBinary();
  expect(loaded.build).toBe('relaxed');
  expect(Buffer.compare(loaded.bytes, bytesOf('relaxed'))).toBe(0);
  expect(await loadBinary()).toBe(loaded);
});

test('an engine that refuses relaxed SIMD gets the plain build', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { loadBinary } = await import('./binary');
  const { build, bytes } = await loadBinary();
  expect(build).toBe('simd');
  expect(Buffer.compare(bytes, bytesOf('simd'))).toBe(0);
  expect(Buffer.compare(bytes, bytesOf('relaxed'))).not.toBe(0);
});

test('an engine that is not Node, and has no relaxed SIMD, is left as it is', async () => {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
  const { getBuiltinModule } = process;
  const asked = vi.fn(getBuiltinModule);
  process.getBuiltinModule = asked as unknown as typeof getBuiltinModule;
  vi.stubGlobal('process', undefined);
  try {
    const { hasRelaxedSimd, loadBinary } = await import('./binary');
    expect(hasRelaxedSimd()).toBe(false);
    expect((await loadBinary()).build).toBe('simd');
    expect(asked).not.toHaveBeenCalled();
  } finally {
    vi.unstubAllGlobals();
    process.getBuiltinModule = getBuiltinModule;
  }
});
