/** WebGPU where the platform brings it: browsers, their workers, Deno. */
export type FoundGpu =
  | {
      readonly gpu: GPU;
      /** What to do where it has no adapter. */
      readonly advice?: string;
    }
  | { readonly missing: string };

export async function findGpu(): Promise<FoundGpu> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu) return { gpu };
  const insecure = globalThis.isSecureContext === false;
  return {
    missing: insecure
      ? 'WebGPU is for secure pages alone: serve this one over https or from localhost'
      : 'this browser has no WebGPU (Chromium 113, Safari 26, Firefox 141 and later have it)',
  };
}
