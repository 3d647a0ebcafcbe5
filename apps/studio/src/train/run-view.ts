// What the page shows of a run: where it is, how far, on which engine, and what failed. The state is on the element too,
// as data-state, for styles.
import { byId, element } from '../parts/dom';
import type { Failure } from '../parts/failure';

export type RunState =
  | 'idle'
  | 'starting'
  | 'compiling'
  | 'training'
  | 'evaluating'
  | 'stopping'
  | 'finished'
  | 'stopped'
  | 'failed';

export interface RunView {
  /** @param text said aloud by screen readers: it changes with the state, not with every step. */
  state(state: RunState, text: string): void;
  /** @param share 0..1; null while it is not known. */
  progress(share: number | null): void;
  /** Ends a progress that is not known: nothing moves any more. */
  settle(): void;
  engine(name: string, adapter: string, reason: string): void;
  warn(message: string): void;
  fail(failure: Failure, actions: Readonly<Record<string, () => void>>): void;
  /** Takes away what an earlier run left. */
  clear(): void;
}

/** Messages and hints begin small, to stand after a colon; here they stand alone. */
const sentence = (text: string) =>
  text.replace(/^[a-z]+ /, (word) => word.charAt(0).toUpperCase() + word.slice(1));

export function runView(): RunView {
  const section = byId('run', HTMLElement);
  const status = byId('status', HTMLElement);
  const bar = byId('progress', HTMLProgressElement);
  const engine = byId('engine', HTMLElement);
  const failed = byId('failure', HTMLElement);
  return {
    state(state, text) {
      section.dataset.state = state;
      if (status.textContent !== text) status.textContent = text;
    },
    progress(share) {
      if (share === null) bar.removeAttribute('value');
      else bar.value = share;
    },
    settle() {
      if (!bar.hasAttribute('value')) bar.value = 0;
    },
    engine(name, adapter, reason) {
      engine.replaceChildren(
        element('strong', { text: name }),
        ` on ${adapter} `,
        element('span', { text: `Why: ${reason}` }),
      );
    },
    warn(message) {
      engine.append(element('span', { text: message, className: 'warning' }));
    },
    fail({ code, message, hint }, actions) {
      const buttons = Object.entries(actions).map(([text, act]) => {
        const button = element('button', { text });
        button.type = 'button';
        button.addEventListener('click', act);
        return button;
      });
      failed.replaceChildren(
        element('p', { text: sentence(message), className: 'message' }),
        ...(hint ? [element('p', { text: sentence(hint) })] : []),
        element('p', { className: 'buttons' }, element('code', { text: code }), ...buttons),
      );
      failed.hidden = false;
    },
    clear() {
      engine.replaceChildren();
      failed.replaceChildren();
      failed.hidden = true;
    },
  };
}
