export function findTensorBoard(): Promise<{ readonly python?: string; readonly missing?: string }>;
export function readWithTensorBoard(
  python: string,
  logs: string,
): Promise<{
  readonly scalars: Readonly<Record<string, [step: number, value: number][]>>;
  readonly texts: Readonly<Record<string, [step: number, text: string][]>>;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}>;
