export type Adapter =
  | { readonly name: string; readonly env: Readonly<Record<string, string>>; readonly missing?: undefined }
  | { readonly missing: string; readonly name?: undefined; readonly env?: undefined };
export const HOW_TO_GET_ONE: string;
export function isRequired(): boolean;
export function findAdapter(): Adapter;
export function findChromium(): { readonly path?: string; readonly missing?: string };
