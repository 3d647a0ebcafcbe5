// The real TensorBoard, where Python and PyPI are there: in a virtual environment under node_modules/.cache, made once.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './shell.mjs';

const execute = promisify(execFile);
const VERSION = '2.21.0';

const folder = join(root, 'node_modules/.cache/neusim', `tensorboard-${VERSION}`);
const bin = process.platform === 'win32' ? 'Scripts' : 'bin';

/** The Python that has TensorBoard; `missing` says why there is none. */
export async function findTensorBoard() {
  const python = join(folder, bin, 'python');
  if (existsSync(folder)) return { python };
  const making = `${folder}.${process.pid}`;
  mkdirSync(join(making, '..'), { recursive: true });
  try {
    await execute(process.env.PYTHON ?? 'python3', ['-m', 'venv', making], { timeout: 60_000 });
    const patience = ['--quiet', '--timeout', '5', '--retries', '0', '--disable-pip-version-check'];
    // TensorBoard asks for what setuptools dropped in its version 81.
    const wanted = [`tensorboard==${VERSION}`, 'setuptools<81'];
    await execute(join(making, bin, 'python'), ['-m', 'pip', 'install', ...patience, ...wanted], {
      timeout: 170_000,
    });
    renameSync(making, folder);
    return { python };
  } catch (error) {
    rmSync(making, { recursive: true, force: true });
    const reason = String(error.stderr || error.message)
      .trim()
      .split('\n')
      .at(-1);
    return { missing: `TensorBoard ${VERSION} cannot be installed here: ${reason}` };
  }
}

const READ = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = EventAccumulator(sys.argv[1], size_guidance={'scalars': 0, 'tensors': 0})
found.Reload()
tags = found.Tags()
scalars = {tag: [[each.step, each.value] for each in found.Scalars(tag)] for tag in tags['scalars']}
texts = {tag: [[each.step, each.tensor_proto.string_val[0].decode()] for each in found.Tensors(tag)]
         for tag in tags['tensors'] if not tag.startswith('_hparams_')}
hparams = found.summary_metadata
from tensorboard.plugins.hparams import plugin_data_pb2
settings = {}
for tag, metadata in hparams.items():
    if tag != '_hparams_/session_start_info': continue
    data = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
    for key, value in data.session_start_info.hparams.items():
        settings[key] = getattr(value, value.WhichOneof('kind'))
print(json.dumps({'scalars': scalars, 'texts': texts, 'settings': settings}))
`;

/** What TensorBoard's own reader finds in a folder: `{ scalars: { tag: [step, value][] }, texts, settings }`. */
export async function readWithTensorBoard(python, logs) {
  const { stdout } = await execute(python, ['-c', READ, logs], { maxBuffer: 2 ** 28, timeout: 120_000 });
  return JSON.parse(stdout);
}
