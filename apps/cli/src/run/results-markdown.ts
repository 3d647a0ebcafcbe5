// `results.md`: the results as a table for a document, with what made them.

import type { Report, ResultRow } from '@neusim/report';

const heads = ['variant', 'seeds', 'test error %', '95 %', 'parameters', 'multiply-adds', 'fold differs by'];

const count = (n: number | null) => n?.toLocaleString('en-US') ?? '';

/** A line for each variant, the mean of its seeds. */
export function resultsMarkdown({ title, facts, runs, missing, comparison, command }: Report): string {
  const rows = runs.map(({ result }) => result);
  const names = [...new Set(rows.map(({ name }) => name))];
  const lines = names.map((name) => {
    const own = rows.filter((row) => row.name === name);
    const found = comparison?.variants.find((variant) => variant.name === name);
    const errors = own.flatMap(({ testError }) => testError ?? []);
    const [first] = own as [ResultRow];
    const fold = first.foldDifference;
    return [
      `\`${name}\``,
      own.map(({ seed }) => seed).join(', '),
      errors.length === 0 ? '' : (errors.reduce((sum, error) => sum + error, 0) / errors.length).toFixed(2),
      found?.interval?.map((end) => end.toFixed(2)).join(' … ') ?? '',
      count(first.parameters),
      count(first.multiplyAdds),
      fold === null ? 'does not fold' : fold.toExponential(1),
    ];
  });
  const pipes = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[
    `# ${title}`,
    `\`${command}\``,
    facts.map(([what, value]) => `${what}: ${value}`).join('; '),
    [pipes(heads), pipes(heads.map(() => '---')), ...lines.map(pipes)].join('\n'),
    ...missing.map((each) => `- ${each}`),
  ].join('\n\n')}\n`;
}
