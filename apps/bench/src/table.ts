/** What people read of a report: a table in the terminal, and a page. */
import { type Goal, goalOf, goalsOf, goalText, reached } from './goals';
import { operatorLines } from './operators-page';
import type { Report, Row, Spread } from './report';

interface RatioLine {
  readonly goal: Goal;
  readonly value: number;
  readonly spread: Spread;
}

const ratioLines = ({ suite, ratios, spread }: Report): readonly RatioLine[] =>
  Object.entries(ratios).map(([name, value]) => ({
    goal: goalOf(name, suite),
    value,
    spread: spread[name] as Spread,
  }));

const milliseconds = (value: number) =>
  value < 10 ? value.toPrecision(2) : value.toFixed(value < 100 ? 1 : 0);
const mebibytes = (bytes: number | undefined) =>
  bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
const range = (from: number, to: number, format: (value: number) => string) =>
  `${format(from)}–${format(to)}`;

/** Rates of a software adapter are a millionth of a GPU's. */
function rate({ rate, unit }: Row): string {
  const [value, shown] =
    unit !== 'TFLOP/s' || rate >= 0.1
      ? [rate, unit]
      : rate >= 1e-4
        ? [1e3 * rate, 'GFLOP/s']
        : [1e6 * rate, 'MFLOP/s'];
  return `${Number(value.toPrecision(3))} ${shown}`;
}

const rowCells = (row: Row): readonly string[] => [
  row.name,
  row.engine,
  `${milliseconds(row.milliseconds)} ms`,
  range(row.fastest, row.slowest, milliseconds),
  rate(row),
  mebibytes(row.peakBytes),
  row.error === undefined ? '' : row.error.toExponential(1),
  row.share === undefined ? '' : `${(100 * row.share).toFixed(1)} %`,
  row.threadMilliseconds === undefined ? '' : `${milliseconds(row.threadMilliseconds)} ms`,
  row.gpuMilliseconds === undefined ? '' : `${milliseconds(row.gpuMilliseconds)} ms`,
];
const rowHeads = [
  'what',
  'engine',
  'median',
  'range',
  'rate',
  'peak memory',
  'error',
  'of the chip',
  'JS thread',
  'by timestamps',
];

const ratioCells = (
  { goal, value, spread }: RatioLine,
  mark: (name: string) => string,
  quick: boolean,
): readonly string[] => [
  mark(goal.name),
  value.toFixed(2),
  range(spread.smallest, spread.largest, (each) => each.toFixed(2)),
  goalText(goal) && `${goalText(goal)}${quick || reached(goal, value) ? '' : ' (not reached)'}`,
];
const ratioHeads = ['ratio', 'median', 'range', 'goal'];

/** Kernels that take next to nothing of a step stand in the JSON alone. */
const isShown = ({ unit, rate }: Row) => unit !== '% of the step' || rate >= 0.5;

/** One line: where, and how often. */
function heading({ suite, quick, machine, processes }: Report): string {
  const { cpu, cores, node, tfjs, gpu } = machine;
  const dropped = processes.filter((each) => each.dropped).length;
  return [
    `suite ${suite}${quick ? ' (quick: figures mean nothing)' : ''}`,
    `${cpu}, ${cores} cores`,
    ...(gpu ? [gpuName(gpu), `Dawn of webgpu ${gpu.dawn}`] : []),
    `Node ${node}`,
    `tfjs ${tfjs.core}`,
    `${processes.length} process${processes.length === 1 ? '' : 'es'}${
      dropped > 0 ? `, ${dropped} dropped for running far off the usual speed` : ''
    }`,
  ].join(' · ');
}

const gpuName = ({ vendor, device, driver }: NonNullable<Report['machine']['gpu']>) =>
  [vendor, device, `(${driver})`].join(' ');

/** For the terminal. */
export function table(report: Report): string {
  const lines = ratioLines(report).map((line) => ratioCells(line, (name) => name, report.quick));
  return [
    heading(report),
    aligned(withoutEmpty([rowHeads, ...report.rows.filter(isShown).map(rowCells)])),
    ...(lines.length > 0 ? [aligned([ratioHeads, ...lines])] : []),
    ...(report.notes ?? []).map((note) => `note: ${note}`),
    ...(report.notRun.length > 0 ? [`not run: ${report.notRun.join('; ')}`] : []),
    ...(report.failed ?? []).map((failure) => `FAILED ${failure}`),
  ].join('\n\n');
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] as readonly string[]).map((_, i) =>
    Math.max(...lines.map((line) => (line[i] as string).length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const sections: Readonly<Record<string, string>> = {
  gemm: 'Matrix products, M×N×K',
  conv: 'One convolution, B×H×W×C→F',
  vgg: 'The VGG-like CNN, batch 32',
  cifar: 'The CIFAR networks, batch 32',
  overhead: 'Where a training step goes',
  growth: 'Growth',
  peers: 'Engines outside JavaScript',
  memory: 'Batch 128',
  workers: 'Workers',
  networks: 'The networks',
  bandwidth: 'Kernels that memory bounds',
  replay: 'Captured steps',
  torch: 'PyTorch on the same GPU',
  page: 'The training page',
};

/** What a page of the suite `cpu` says of the other engine. */
const onGpus = [
  '## On a GPU',
  'No GPU has been measured yet: the rows below are owed. On a host with one, `npm run bench -- --suite webgpu --results apps/bench/results` measures them; on one without a network `npm run gpu-bundle` makes the archive whose `run.sh` does. The results go to [apps/bench/results](../apps/bench/results). A software adapter runs the same suite on small batches, and its times say nothing of a GPU.',
];

const aboutOperators =
  'Our time, or peak memory, over the other’s; less is better. Medians over the processes; geometric means of two layers, 8×32×32×32→32 and 8×16×16×128→128, 3×3. “conv” is our plain convolution without Winograd (static similarities, which become plain convolutions, run with it), “composed” the operator’s formula written from stock tfjs ops (`apps/bench/src/baselines/compositions`) on the kernels of `foundation`. “train” is the forward pass and all gradients, “memory” its peak. A predictor’s row is a layer of dynamic DNS with its network; in the rows of a similarity M is made of a z that is there. What has more to do than one convolution takes longer than one: none takes as long as its composition. Of memory, `dynamic-orthogonal` keeps seven products of 9×9 matrices a position, `global-similarity` M between all positions, and mixed kernels (`cond-conv`, `od-conv`) the four outputs that they mix, which their compositions have too.';

const otherOperators =
  '## Every operator\n\nSimilarities, shapes, predictors and operators, each beside the plain convolution and its own composition: [benchmarks of the operators](benchmarks-operators.md).';

/** What no run of the suites measures. */
const neverRun = [
  'Browsers, and threads of the WebAssembly build.',
  'tfjs-wasm alone with a similarity: its tape holds every patch, more than the heap has at batch 128.',
  "The authors' formulation of dynamic UNS; their code takes 3×3 windows alone.",
  'Memory of the engines outside JavaScript.',
];

/** The page `docs/benchmarks.md`. @param command that made it. */
export function markdown(report: Report, command: string): string {
  const { date, machine, processes, notRun } = report;
  const rows = report.rows.filter(isShown);
  const parts = [...new Set(rows.map(({ part }) => part))];
  const lines = ratioLines(report);
  return `${[
    report.suite === 'operators' ? '# Benchmarks: the operators' : '# Benchmarks: the figures',
    `Written by \`${command}\` on ${date.slice(0, 10)}; how they are taken, and what the engines are, stands in [its README](../apps/bench/README.md).`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.platform}; Node ${machine.node}, tfjs ${machine.tfjs.core}. One thread unless a row says otherwise. ${processesText(report)} Absolute times differ from machine to machine; compare within one table.`,
    '## Ratios',
    ...(report.suite === 'operators'
      ? [aboutOperators, pipes(operatorLines(report))]
      : [
          'Medians over the processes, and their range.',
          pipes([
            [...ratioHeads, 'of'],
            ...lines.map((line) => [
              ...ratioCells(line, (name) => `\`${name}\``, report.quick),
              line.goal.of,
            ]),
          ]),
        ]),
    ...(report.suite === 'operators' ? [] : parts).flatMap((part) => [
      `## ${sections[part] ?? part}`,
      pipes(withoutEmpty([rowHeads, ...rows.filter((row) => row.part === part).map(rowCells)])),
    ]),
    ...(report.suite === 'cpu' ? [...onGpus, pipes(goalLines('webgpu')), otherOperators] : []),
    ...(report.suite === 'operators'
      ? []
      : ['## Not run', [...notRun, ...neverRun].map((each) => `- ${each}`).join('\n')]),
    `Of each process, the reference (XNNPACK's product of 512³) and the machine's load average (1: nothing else ran): ${processes
      .map(
        ({ reference, load, dropped }) =>
          `${milliseconds(reference)} ms, ${load.toFixed(1)}${dropped ? ' (dropped)' : ''}`,
      )
      .join(
        '; ',
      )}.${isBusy(report) ? ' Other programs ran on its cores meanwhile: memory does not notice, differences of times below a half may be noise.' : ''}`,
  ].join('\n\n')}\n`;
}

const isBusy = ({ machine, processes }: Report) => processes.some(({ load }) => load > 2 * machine.cores);

/** The goals of a suite that has not been measured. */
const goalLines = (suite: string): readonly (readonly string[])[] => [
  ['ratio', 'goal', 'of'],
  ...goalsOf(suite)
    .filter(({ goal }) => goal !== undefined)
    .map((goal) => [`\`${goal.name}\``, goalText(goal), goal.of]),
];

function processesText({ processes }: Report): string {
  const dropped = processes.filter((each) => each.dropped).length;
  const runs = `${processes.length} process${processes.length === 1 ? '' : 'es'}, one after another`;
  return dropped > 0
    ? `${runs}; ${dropped} ran far off the usual speed and ${dropped === 1 ? 'does' : 'do'} not count.`
    : `${runs}.`;
}

/** Leaves out the columns that no line fills. */
function withoutEmpty(lines: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const used = (lines[0] as readonly string[]).map((_, i) => lines.slice(1).some((line) => line[i] !== ''));
  return lines.map((line) => line.filter((_, i) => used[i]));
}

function pipes([heads, ...lines]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(heads as readonly string[]),
    line((heads as readonly string[]).map(() => '---')),
    ...lines.map(line),
  ].join('\n');
}
