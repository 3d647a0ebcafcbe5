import type { Peak } from './chips';

/** The adapter, as the JSON tells of it. */
export interface GpuFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** The driver, as it describes itself. */
  readonly driver: string;
  /** Computes on the processor: its times say nothing of a GPU. */
  readonly software: boolean;
  readonly timestamps: boolean;
  /** Of the npm package `webgpu`, which is Dawn. */
  readonly dawn: string;
  readonly flags: readonly string[];
  readonly peak: Peak | null;
}

/** Such as `nvidia-h100-80gb-hbm3`. */
export function fileNameOf({ vendor, device }: GpuFacts): string {
  const name = device.startsWith(vendor) ? device : `${vendor}-${device}`;
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
