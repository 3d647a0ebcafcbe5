// Reading report.json back: a file that others may have altered, so that a page shows nothing from elsewhere.

import { NeusimError } from '@neusim/registry';
import type { Report } from './types';

const PICTURE = /^data:image\/png;base64,[A-Za-z0-9+/=]*$/;

/**
 * A report from its text. What is drawn from it is checked again as it is drawn: text is escaped, and pictures are PNGs.
 * @param file for the message.
 * @throws NeusimError REPORT_CORRUPT for a text that is none, REPORT_VERSION for one of another version.
 */
export function parseReport(text: string, file: string): Report {
  const refuse = (reason: string, cause?: unknown) =>
    new NeusimError('REPORT_CORRUPT', `${file}: ${reason}`, {
      data: { file, reason },
      hint: 'Take one as `neusim train` writes it, report.json in the folder of a run.',
      cause,
    });
  let found: Partial<Report> | null;
  try {
    found = JSON.parse(text, (key, value) => {
      if (key === 'uri' && !(typeof value === 'string' && PICTURE.test(value)))
        throw new TypeError('a picture is no PNG');
      return value;
    });
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
  if (found?.format !== 'neusim-report') throw refuse('no report of neusim');
  if (found.version !== 1)
    throw new NeusimError('REPORT_VERSION', `${file} is a report of version ${found.version}; this reads 1`, {
      data: { file, version: found.version },
      hint: 'Make it again with this version, or read it with the version that wrote it.',
    });
  const lists = [found.runs, found.facts, found.missing];
  if (!lists.every(Array.isArray)) throw refuse('runs, facts and missing are lists');
  if (
    !found.runs?.every(
      (run) =>
        run?.result &&
        lists.length > 0 &&
        [run.loss, run.testError, run.learningRate, run.notes].every(Array.isArray),
    )
  )
    throw refuse('a run has a result, curves and notes');
  return found as Report;
}
