// The page of error codes, a heading for each so that the site's search finds it; and the other way round: a code that a
// document names has to be one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from '../markdown.mjs';
import { root } from '../shell.mjs';
import { errorCodes } from './errors.mjs';

const opening = `---
outline: 2
---

# Error codes

Every error of NeuSim is a \`NeusimError\`: a code that does not change, a message that says what was met and what is
allowed, the values as fields in \`data\`, and a hint. On the command line the code stands in brackets behind the message.

\`\`\`ts no-run
import { NeusimError } from '@neusim/registry';

try {
  throw new NeusimError('PLATFORM_FILE_MISSING', 'no file at a.png', { data: { path: 'a.png' }, hint: 'check the path' });
} catch (error) {
  if (!(error instanceof NeusimError)) throw error;
  console.log(error.code, error.data.path, error.hint);
}
\`\`\`

The codes, as they stand in the source (an … is a value that differs from case to case); the search box (Ctrl K) finds one.
Codes that begin with \`OTHER_\`, and \`LOSS_STANDS_STILL\` and \`STEP_NOT_CAPTURED\`, are warnings of a training run.
`;

/** What the source puts together from parts that are not beside the code. */
const inWords = {
  DATA_UNKNOWN_FORMAT:
    'data that nothing can read as they lie there: no folder, an empty one, or files of no format that is known; the message says which',
  DATASET_BAD_BATCH:
    'a size of batch, or an epoch, that the images do not have; the message says which are allowed',
  DATASET_BAD_PARQUET: '…, byte …: what is wrong with the file there',
  DATASET_BAD_PICKLE: '…, byte …: what the pickle does there that no pickle of plain values and arrays does',
  EPISODE_BAD_DIVISION:
    'a part of the classes that is neither names, a number nor a share, or parts that ask for more than there are; the message says which',
  FEWSHOT_BAD_SUPPORT:
    'examples that make no task: a class without one, labels that are not those of the episode, other shapes; the message says which',
  REGISTRY_BAD_NAME: '…: … is not a name',
  REGISTRY_BAD_REF: '…: … is not a reference',
  REGISTRY_BAD_VERSION: '…: … is not a version',
  REGISTRY_UNKNOWN_KIND: '"…" is no kind; known: …',
  REGISTRY_UNKNOWN_NAME: '"…" is no …; known: …',
};

/** The page's text, and what is wrong: codes that documents name and no source has, and codes that nothing explains. */
export function errorPage() {
  const codes = errorCodes().map(explained);
  const areas = Map.groupBy
    ? Map.groupBy(codes, areaOf)
    : codes.reduce((map, row) => map.set(areaOf(row), [...(map.get(areaOf(row)) ?? []), row]), new Map());
  const sections = [...areas].flatMap(([area, rows]) => [`## ${area}`, ...rows.map(section)]);
  const wrong = [...unknownCodes(codes), ...silentCodes(codes)];
  return { text: `${[opening.trimEnd(), ...sections].join('\n\n')}\n`, wrong };
}

const explained = (row) =>
  inWords[row.code] ? { ...row, messages: [inWords[row.code], ...row.messages] } : row;

const silentCodes = (codes) =>
  codes
    .filter(({ messages, hints }) => ![...messages, ...hints].some(hasWords))
    .map(({ code }) => `errors.md says nothing of ${code}: add it to inWords of tools/docs/error-page.mjs`);

const areaOf = ({ code }) => code.split('_')[0];

function section({ code, packages, messages, hints }) {
  const lines = [
    `### ${code} {#${code}}`,
    `<small>${packages.map((name) => `\`${name}\``).join(', ')}</small>`,
    ...messages.filter(hasWords).map((message) => `- ${quote(message)}`),
    ...hints.filter(hasWords).map((hint) => `- → ${quote(hint)}`),
  ];
  return `${lines[0]}\n\n${lines[1]}\n\n${lines.slice(2).join('\n')}`.trimEnd();
}

const hasWords = (text) => /[a-z]{2}/i.test(text);

/** As Markdown's code, whatever is in it. */
const quote = (text) => {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
};

/** Codes in backquotes, of an area that the source has, that no source has. `GPU_*` stands for an area. */
function unknownCodes(codes) {
  const known = new Set(codes.map(({ code }) => code));
  const areas = new Set(codes.map(areaOf));
  return documents().flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)]
      .map(([, code]) => code)
      .filter((code) => !known.has(code) && areas.has(areaOf({ code })))
      .map((code) => `${path}: no source has the error code ${code}`),
  );
}
