/** WebGPU in Node: Dawn, from the npm package `webgpu`. Its globals are set before tfjs asks for them. */
import type { FoundGpu } from './page';

export async function findGpu(): Promise<FoundGpu> {
  const present = globalThis.navigator?.gpu;
  if (present) return withAdvice(present);
  let dawn: typeof import('webgpu');
  try {
    dawn = await import('webgpu');
  } catch (error) {
    const isMissing = (error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    return {
      missing: isMissing
        ? 'install the package webgpu'
        : `the package webgpu does not load: ${(error as Error).message}`,
    };
  }
  for (const [name, value] of Object.entries(dawn.globals))
    if (!(name in globalThis))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  const gpu = dawn.create([]);
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return withAdvice(gpu);
}

const withAdvice = (gpu: GPU): FoundGpu => ({
  gpu,
  ...(process.platform === 'linux' && { advice: linuxAdvice() }),
});

function linuxAdvice(): string {
  const named = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].find((name) => process.env[name]);
  return named
    ? `the driver that ${named} names does not run: ${process.env[named]}`
    : "install the GPU's Vulkan driver, or a software one (Debian: apt-get install libvulkan1 mesa-vulkan-drivers)";
}
