// Numbers as people read them.

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const whole = (value: number) => grouped.format(value);

/** Three digits or so: 2.31, 0.0457. */
export const small = (value: number) =>
  Number.isFinite(value) ? value.toPrecision(3).replace(/e([+-])/, ' e$1') : String(value);

export const percent = (value: number) => `${value.toFixed(2)} %`;

export const duration = (ms: number) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export function bytes(value: number): string {
  if (value < 1e6) return `${(value / 1e3).toFixed(1)} kB`;
  return value < 1e9 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e9).toFixed(2)} GB`;
}
