// The settings of a run, as the form has them.
import { byId, fill } from '../parts/dom';
import { amounts, engines, networks, type RunRequest } from './protocol';

const networkLabels = Object.fromEntries(Object.entries(networks).map(([name, { label }]) => [name, label]));

export interface SettingsForm {
  /** What is asked for now; the browser has checked its numbers. */
  read(): RunRequest;
  /** Chooses an engine. */
  useEngine(engine: RunRequest['engine']): void;
  /** Starts as the button does. */
  submit(): void;
  /** While a run is under way, settings cannot be changed. */
  setRunning(isRunning: boolean, stopLabel?: string): void;
}

export function settingsForm(handle: {
  readonly start: () => void;
  readonly stop: () => void;
}): SettingsForm {
  const form = byId('settings', HTMLFormElement);
  const start = byId('start', HTMLButtonElement);
  const stop = byId('stop', HTMLButtonElement);
  const fields = form.querySelector('fieldset') as HTMLFieldSetElement;
  const select = (name: string) => form.elements.namedItem(name) as HTMLSelectElement;
  const number = (name: string) => (form.elements.namedItem(name) as HTMLInputElement).valueAsNumber;
  fill(select('network'), networkLabels);
  fill(select('engine'), engines);
  fill(select('amount'), amounts);

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!fields.disabled) handle.start();
  });
  stop.addEventListener('click', handle.stop);
  const about = byId('network-about', HTMLElement);
  const describe = () => {
    about.textContent = networks[select('network').value as RunRequest['network']].about;
  };
  select('network').addEventListener('change', describe);
  describe();

  return {
    read: () => ({
      network: select('network').value as RunRequest['network'],
      engine: select('engine').value as RunRequest['engine'],
      amount: select('amount').value as RunRequest['amount'],
      steps: number('steps'),
      batchSize: number('batchSize'),
      seed: number('seed'),
      digits: new URL('digits', document.baseURI).href,
    }),
    useEngine: (engine) => {
      select('engine').value = engine;
    },
    submit: () => form.requestSubmit(),
    setRunning(isRunning, stopLabel = 'Stop') {
      const focused = document.activeElement;
      fields.disabled = isRunning;
      start.disabled = isRunning;
      stop.disabled = !isRunning;
      stop.textContent = stopLabel;
      // A button that is switched off would drop the keyboard's place.
      if (isRunning && focused === start) stop.focus();
      if (!isRunning && focused === stop) start.focus();
    },
  };
}
