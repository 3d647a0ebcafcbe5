import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { neusim, temporaryFolder } from '../test/terminal';
import { completionScript } from './scripts';

/** The words that complete the last one. */
async function completed(...words: string[]): Promise<string[]> {
  const { code, out } = await neusim(['complete', '--', ...words]);
  expect(code).toBe(0);
  return out.split('\n').map((line) => line.split('\t')[0] as string);
}

describe('neusim complete', () => {
  test.each([
    [
      [''],
      [
        'demo',
        'train',
        'compare',
        'eval',
        'fewshot',
        'fold',
        'inspect',
        'report',
        'data',
        'list',
        'doctor',
        'completion',
      ],
    ],
    [['tr'], ['train']],
    [
      ['train', 'nsn-digits-'],
      ['nsn-digits-static-uns', ':files'],
    ],
    [['train', 'cnn-digits', '--res'], ['--resume']],
    [
      ['train', 'cnn-digits', '--dataset', 'cifar-10'],
      ['cifar-10', 'cifar-100'],
    ],
    [['train', 'cnn-digits', '--dataset=cifar-100'], ['--dataset=cifar-100']],
    [
      ['train', 'cnn-digits', '--backend', 'w'],
      ['webgpu', 'wasm'],
    ],
    [
      ['train', 'cnn-digits', '--precision', ''],
      ['direct', 'exact', 'fast'],
    ],
    [['train', 'cnn-digits', '--out', 'x'], [':folders']],
    [['train', 'cnn-digits', '--seed', ''], ['']],
    [['list', 'simi'], ['similarity']],
    [['list', 'config', '--preset', 'cnn-d'], ['cnn-digits']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['train', 'cnn-digits', '--set', 'optimizer.l'], ['optimizer.learningRate=']],
    [
      ['train', 'cnn-digits', '--set', 'optimizer.name='],
      ['optimizer.name=sgd', 'optimizer.name=adam'],
    ],
    [
      ['train', 'cnn-digits', '--set', 'syncBatchNorm='],
      ['syncBatchNorm=true', 'syncBatchNorm=false'],
    ],
    [['train', 'nsn-digits', '--set', 'model.similarity=static-s'], ['model.similarity=static-symmetric']],
    [['train', 'nsn-digits', '--set', 'model.operator=od'], ['model.operator=od-conv']],
    [['train', 'nsn-digits', '--set', 'model.similarity.i'], ['']],
    [
      ['train', 'nsn-digits', '--set', 'model.similarity=static-uns', '--set', 'model.similarity.i'],
      ['model.similarity.init='],
    ],
    [['train', 'cnn-digits', '--set', 'steps='], ['']],
    [['nothing', 'of', 'it'], ['']],
    [
      ['data', ''],
      ['pull', 'verify', 'info', 'preview'],
    ],
    [['data', 'pull', '--acc'], ['--accept-terms']],
    [['fewshot', 'comp'], ['compare']],
    [
      ['fewshot', 'train', 'proto-net-o'],
      ['proto-net-omniglot', ':files'],
    ],
    [
      ['fewshot', 'train', 'proto-net-omniglot', '--set', 'episodes.w'],
      ['episodes.way=', 'episodes.within='],
    ],
    [['fewshot', 'eval', '--method', 'proto'], ['proto-net']],
    [
      ['fewshot', 'compare', 'proto-n'],
      ['proto-net', ':folders'],
    ],
    [['fewshot', 'eval', '--method', 'proto-net', '--set', 'method.sc'], ['method.scale=']],
    [
      ['fewshot', 'eval', '--set', 'normalize='],
      ['normalize=none', 'normalize=unit', 'normalize=dataset'],
    ],
    [['report', 'train', '--o'], ['--out']],
    [['eval', 'ru'], [':folders']],
    [['inspect', 'ru'], [':files']],
    [['inspect', 'runs/a', '--image', ''], [':files']],
  ])('%j', async (words, expected) => {
    expect((await completed(...words)).sort()).toEqual([...expected].sort());
  });

  test('a config file names the optimizer whose keys there are', async () => {
    const file = join(temporaryFolder(), 'config.json');
    writeFileSync(file, JSON.stringify({ optimizer: { name: 'adam' } }));
    expect(await completed('train', file, '--set', 'optimizer.be')).toEqual([
      'optimizer.beta1=',
      'optimizer.beta2=',
    ]);
    writeFileSync(file, '{');
    expect(await completed('train', file, '--set', 'batchS')).toEqual(['batchSize=']);
  });

  test('each candidate bears what it is', async () => {
    const { out } = await neusim(['complete', '--', 'train', 'cnn-digits', '--set', 'steps']);
    expect(out).toBe('steps=\tupdates in all');
  });
});

test('neusim completion prints a script, and knows the shells', async () => {
  const told = await neusim(['completion', 'bash']);
  expect(told).toMatchObject({ code: 0, out: expect.stringContaining('complete -F _neusim neusim') });
  expect((await neusim(['completion', 'zsh'])).out).toContain('compdef _neusim neusim');
  expect((await neusim(['completion', 'fish'])).out).toContain('complete -c neusim');
  expect(await neusim(['completion', 'tcsh'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('bash'),
  });
});

const has = (shell: string) => spawnSync(shell, ['-c', 'exit 0']).status === 0;

// In place of the program: says which words it was asked for, then candidates.
function scriptFor(shell: 'bash' | 'fish' | 'zsh', folder: string, answers: readonly string[]): string {
  const stub = join(folder, 'a stub.sh');
  const print = answers.map((line) => `printf '%s\\n' '${line}'`).join('\n');
  writeFileSync(stub, `shift; shift; printf '%s\\n' "$@" > '${join(folder, 'asked')}'\n${print}\n`);
  return completionScript(shell, ['sh', stub]);
}

describe.skipIf(!has('bash'))('in a real bash', () => {
  /** What bash puts in the place of the last word. @param typed words as bash splits them, = apart. */
  function bash(typed: readonly string[], answers: readonly string[]) {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'runs'));
    const words = ['neusim', ...typed].map((word) => `'${word}'`).join(' ');
    const program = `${scriptFor('bash', folder, answers)}
compopt() { :; }
COMP_WORDS=(${words}); COMP_CWORD=${typed.length}
_neusim
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const out = execFileSync('bash', ['-c', program], { cwd: folder, encoding: 'utf8' });
    const asked = execFileSync('cat', [join(folder, 'asked')], { encoding: 'utf8' });
    return { replies: out.split('\n').slice(0, -1), asked: asked.split('\n').slice(0, -1) };
  }

  test('words reach the program, candidates come back without what they are', () => {
    expect(bash(['train', 'nsn d', 'nsn'], ['nsn-digits\tthe small network', 'nsn-cifar'])).toEqual({
      asked: ['train', 'nsn d', 'nsn'],
      replies: ['nsn-digits', 'nsn-cifar'],
    });
  });

  test('= splits no word, and only what comes after it is replaced', () => {
    const typed = ['train', 'a', '--set', 'optimizer.name', '=', 'a'];
    expect(bash(typed, ['optimizer.name=adam'])).toEqual({
      asked: ['train', 'a', '--set', 'optimizer.name=a'],
      replies: ['adam'],
    });
    expect(
      bash(['train', '--set', 'optimizer.name', '='], ['optimizer.name=sgd', 'optimizer.name=adam']),
    ).toEqual({
      asked: ['train', '--set', 'optimizer.name='],
      replies: ['sgd', 'adam'],
    });
  });

  test('an empty word, and folders', () => {
    expect(bash(['train', '--out', ''], [':folders'])).toEqual({
      asked: ['train', '--out', ''],
      replies: ['runs'],
    });
  });
});

test.skipIf(!has('zsh'))('zsh takes its script', () => {
  const script = scriptFor('zsh', temporaryFolder(), []);
  expect(spawnSync('zsh', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

test.skipIf(!has('fish'))('fish completes by its script', () => {
  const script = scriptFor('fish', temporaryFolder(), ['nsn-digits\tthe small network']);
  const out = execFileSync('fish', ['-c', `${script}\ncomplete -C 'neusim train nsn'`], { encoding: 'utf8' });
  expect(out).toBe('nsn-digits\tthe small network\n');
});
