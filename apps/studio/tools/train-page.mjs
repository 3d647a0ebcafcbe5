// Driving the page that trains, by what a person finds on it.

/** States that a run ends in. */
export const ends = ['finished', 'stopped', 'failed'];

/** Opens the page and fills its form. @param settings names and values of its fields. */
export async function openTraining(browser, url, settings) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    globalThis.longTasks = [];
    const keep = (list) =>
      globalThis.longTasks.push(
        ...list.getEntries().map(({ startTime, duration }) => ({ startTime, duration })),
      );
    new PerformanceObserver(keep).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await change(page, settings);
  return page;
}

export async function change(page, settings) {
  for (const [name, value] of Object.entries(settings)) {
    const field = page.locator(`#settings [name=${name}]`);
    if (typeof value === 'number') await field.fill(String(value));
    else await field.selectOption(value);
  }
}

export const start = (page) => page.locator('#start').click();

/** Waits until the run is in one of the states. @returns which. */
export async function waitFor(page, states, timeout = 180_000) {
  const run = await page.waitForFunction(
    (wanted) => {
      const { state } = document.querySelector('#run').dataset;
      return wanted.includes(state) && state;
    },
    states,
    { timeout },
  );
  return run.jsonValue();
}

/** What the page shows: its texts by name, and the curve in words. */
export const shown = (page) =>
  page.evaluate(() => {
    const text = (id) => document.getElementById(id).textContent;
    const figures = [...document.querySelectorAll('#figures dd')].map((cell) => [
      cell.id.replace('figure-', ''),
      cell.textContent,
    ]);
    return {
      status: text('status'),
      engine: text('engine'),
      failure: document.getElementById('failure').hidden ? '' : text('failure'),
      curve: document.getElementById('curve').getAttribute('aria-label'),
      figures: Object.fromEntries(figures),
    };
  });

/** Milliseconds since the page was opened of `start`, `first-step` and `end` of its last run, and its long tasks. */
export const times = (page) =>
  page.evaluate(() => {
    const marks = performance.getEntriesByType('mark').map(({ name, startTime }) => [name, startTime]);
    return { ...Object.fromEntries(marks), longTasks: globalThis.longTasks };
  });
