// The page that trains: the form starts a run in a worker, whose messages move the curve, the figures and the status on.
// No tensor library is here: the main thread only shows.
import '../parts/style.css';
import type { LearnedParts } from '@neusim/train';
import { createCurve } from '../parts/curve';
import { byId } from '../parts/dom';
import { whole } from '../parts/numbers';
import { figuresView } from './figures';
import { settingsForm } from './form';
import { type FromWorker, networks, type RunRequest } from './protocol';
import { type Run, startRun } from './run';
import { runView } from './run-view';

type Told<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;

const view = runView();
const figures = figuresView(byId('figures', HTMLElement));
const curve = createCurve(byId('curve', HTMLElement));
const learned = byId('learned', HTMLElement);
const form = settingsForm({ start, stop });

const phases = {
  engine: 'Starting the engine …',
  data: 'Reading the digits …',
  network: 'Building the network …',
} as const;

curve.begin(form.read().steps);

const doing = {
  compilation: ['compiling', 'Compiling the kernels …'],
  training: ['training', 'Training …'],
  evaluation: ['evaluating', 'Testing …'],
  settling: ['evaluating', 'Testing …'],
} as const;

let run: Run | undefined;
let isStopping = false;
let isCompiling = false;
let request: RunRequest;
/** When the worker had all ready for its first step, by its clock. */
let readyAt = 0;

function start(): void {
  performance.mark('start');
  request = form.read();
  isStopping = false;
  isCompiling = false;
  view.clear();
  figures.clear();
  curve.begin(request.steps);
  learned.hidden = true;
  view.state('starting', 'Loading …');
  view.progress(null);
  form.setRunning(true);
  run = startRun(request, hear);
}

/** The first time asks for a stop after the step; the second time ends the worker, which may be compiling for long. */
function stop(): void {
  if (!isStopping) {
    isStopping = true;
    run?.stop();
    view.state(
      'stopping',
      isCompiling ? 'Stopping once the kernels are compiled …' : 'Stopping after this step …',
    );
    form.setRunning(true, 'Stop now');
    return;
  }
  run?.kill();
  end('stopped', 'Stopped at once.');
}

function end(state: 'finished' | 'stopped' | 'failed', text: string): void {
  performance.mark('end');
  view.settle();
  run = undefined;
  view.state(state, text);
  form.setRunning(false);
}

function hear(message: FromWorker): void {
  if (message.type === 'phase') {
    if (!isStopping) view.state('starting', phases[message.phase]);
  } else if (message.type === 'engine') {
    const { name, adapter, reason } = message.engine;
    view.engine(name, adapter, reason);
  } else if (message.type === 'learned') void show(message.parts);
  else if (message.type === 'failed') fail(message);
  else hearTraining(message);
}

function hearTraining({ event, at, bytes }: Told<'train'>): void {
  figures.set({ bytes });
  switch (event.type) {
    case 'start':
      readyAt = at;
      figures.set({ parameters: event.parameters });
      if (!isStopping) view.state('training', 'Training …');
      break;
    case 'compilation':
      readyAt = at;
      figures.set({ compilation: event.ms });
      break;
    case 'progress': {
      const [state, text] = doing[event.phase];
      isCompiling = event.phase === 'compilation';
      if (event.phase === 'training') {
        if (event.step === 1) {
          performance.mark('first-step');
          figures.set({ firstStep: at - readyAt });
        }
        view.progress(event.step / request.steps);
      }
      if (!isStopping) view.state(state, text);
      break;
    }
    case 'step': {
      const { step, loss, imagesPerSecond } = event;
      curve.loss(step, loss);
      figures.set({ loss });
      // The first step may still compile: its speed says nothing.
      if (step > 1) figures.set({ imagesPerSecond, step: (1000 * request.batchSize) / imagesPerSecond });
      break;
    }
    case 'evaluation':
      curve.testError(event.step, event.testError);
      figures.set({ testError: event.testError });
      break;
    case 'warning':
      view.warn(event.message);
      break;
    case 'end':
      view.progress(1);
      end('finished', `Finished after ${whole(event.step)} steps.`);
      break;
    case 'aborted':
      end(
        'stopped',
        event.step > 0 ? `Stopped after step ${whole(event.step)}.` : 'Stopped before the first step.',
      );
      break;
  }
}

/** What draws it comes when it is wanted. */
async function show(parts: LearnedParts): Promise<void> {
  const of = run;
  const { showLearned } = await import('./learned');
  // Another run may have begun meanwhile.
  if (run === of || run === undefined) showLearned(learned, networks[request.network].label, parts);
}

/** Failures that another engine may not have. */
const OF_ENGINE = /^(?:BACKEND|ENGINE|GPU)_/;

/** Hints are for programs; what a page's reader can do is another thing. */
const ownHints: Readonly<Record<string, string>> = {
  PLATFORM_READ_FAILED: 'What the page needs could not be loaded: is its server still running?',
  BACKEND_UNAVAILABLE: 'Another engine may run here, or another browser may have this one.',
};

function fail({ failure }: Told<'failed'>): void {
  const isOfEngine = OF_ENGINE.test(failure.code);
  const actions = {
    'Try again': () => form.submit(),
    ...(request.engine !== 'auto' &&
      isOfEngine && {
        'Use the best engine': () => {
          form.useEngine('auto');
          form.submit();
        },
      }),
  };
  view.progress(0);
  view.fail({ ...failure, hint: ownHints[failure.code] ?? failure.hint }, actions);
  end('failed', 'The run failed.');
}
