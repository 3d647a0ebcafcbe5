import type { Browser } from 'playwright';

export function findChromium(): string | undefined;
export function launch(options?: { webgpu?: boolean }): Promise<Browser>;
