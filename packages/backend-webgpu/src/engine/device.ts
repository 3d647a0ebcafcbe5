/** Finding an adapter, and asking it for a device with all that it has. */
import { NeusimError } from '@neusim/registry';

/** Limits of which as much is asked for as the adapter has. */
const RAISED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Features used where the adapter has them. */
const WANTED = ['timestamp-query', 'bgra8unorm-storage'] as const satisfies readonly GPUFeatureName[];

export interface AdapterFacts {
  /** Vendor, architecture and description, as far as they are told. */
  readonly name: string;
  /** Computes on the processor: right, and slow. */
  readonly software: boolean;
  readonly limits: Readonly<Record<string, number>>;
  readonly features: readonly string[];
}

/** The fast adapter where there are two. */
export function findAdapter(gpu: GPU): Promise<GPUAdapter | null> {
  return gpu.requestAdapter({ powerPreference: 'high-performance' });
}

export function factsOf(adapter: GPUAdapter): AdapterFacts {
  const { vendor, architecture, description, device } = adapter.info;
  const words = [vendor, architecture, description || device].filter(Boolean);
  const name = words.filter((word, i) => words.indexOf(word) === i).join(' ') || 'an adapter without a name';
  return {
    name,
    software:
      adapter.info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name),
    limits: Object.fromEntries(RAISED.map((limit) => [limit, adapter.limits[limit]])),
    features: [...adapter.features].sort(),
  };
}

/** @throws NeusimError BACKEND_FAILED */
export async function openDevice(adapter: GPUAdapter): Promise<GPUDevice> {
  const requiredLimits: Record<string, number> = {};
  for (const limit of RAISED) requiredLimits[limit] = adapter.limits[limit];
  try {
    return await adapter.requestDevice({
      label: 'neusim',
      requiredLimits,
      requiredFeatures: WANTED.filter((feature) => adapter.features.has(feature)),
    });
  } catch (cause) {
    throw new NeusimError('BACKEND_FAILED', `the GPU gives no device: ${(cause as Error).message}`, {
      data: { adapter: factsOf(adapter).name },
      hint: 'Close other programs that use the GPU, and try again.',
      cause,
    });
  }
}
