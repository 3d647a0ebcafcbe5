// What `npm run gpu-bundle` promises: its archive is at most 45 MB, and runs where there is no node, no node_modules and
// no repository: unpacked into a root of its own that has the system's libraries alone, on the software adapter that
// VK_DRIVER_FILES names (or one that is found here).
//   node tools/prove-gpu-bundle.mjs [--bundle neusim-gpu.tar.xz] [--bench] [-- options of run.sh parity]
// As root the root is a new one (unshare, chroot); otherwise an empty folder with an empty environment.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gpuBundle } from './gpu-bundle.mjs';

const { values, positionals } = parseArgs({
  options: { bundle: { type: 'string' }, bench: { type: 'boolean', default: false } },
  allowPositionals: true,
});

/** SwiftShader and lavapipe, as Debian installs them. */
const drivers = ['/usr/lib/chromium/vk_swiftshader_icd.json', '/usr/share/vulkan/icd.d/lvp_icd.json'];
/** All of the system that the new root has. */
const system = ['/usr', '/lib', '/lib64', '/bin', '/etc', '/dev', '/proc'];

const driver = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES ?? drivers.find(existsSync);
if (!driver) {
  console.error('no software Vulkan driver: apt-get install chromium, or set VK_DRIVER_FILES');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'neusim-prove-'));
try {
  const archive = values.bundle ?? join(folder, 'bundle.tar.xz');
  if (!values.bundle && (await gpuBundle(['--out', archive])) !== 0) process.exit(1);
  const megabytes = statSync(archive).size / 1e6;
  const root = join(folder, 'root');
  mkdirSync(root);
  run('tar', ['-xJf', archive, '-C', root]);
  const [name] = readdirSync(root);
  const isRoot = process.getuid?.() === 0;
  const bundled = (command, args) => (isRoot ? inNewRoot : inEmptyFolder)(root, name, [command, ...args]);
  const checks = [
    [`${megabytes.toFixed(1)} MB`, megabytes <= 45],
    ['run.sh neusim --version', bundled('neusim', ['--version'])],
    [`run.sh parity on ${driver}`, bundled('parity', positionals.length > 0 ? positionals : ['--quick'])],
    ...(values.bench
      ? [['run.sh bench --quick', bundled('bench', ['--quick', '--only', 'gemm', 'conv', 'replay'])]]
      : []),
  ];
  for (const [check, ok] of checks)
    console.log(`${ok ? 'ok ' : 'NOT'} ${check}${isRoot ? ', in a root of its own' : ''}`);
  process.exitCode = checks.every(([, ok]) => ok) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The system is mounted read-only, in a namespace that ends with the command. */
function inNewRoot(root, name, args) {
  const script = [
    'root=$1 name=$2; shift 2',
    'mount --make-rprivate /',
    `for at in ${system.join(' ')}; do`,
    '  mkdir -p "$root$at"; mount --rbind "$at" "$root$at"',
    '  case $at in /dev | /proc) ;; *) mount -o remount,bind,ro "$root$at" ;; esac',
    'done',
    'mkdir -p "$root/tmp"',
    'exec chroot "$root" "/$name/run.sh" "$@"',
  ].join('\n');
  return run('unshare', ['-m', 'sh', '-euc', script, 'sh', root, name, ...args], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/', VK_DRIVER_FILES: driver },
  });
}

function inEmptyFolder(root, name, args) {
  return run(join(root, name, 'run.sh'), args, {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', HOME: root, VK_DRIVER_FILES: driver },
  });
}

function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', ...options }).status === 0;
}
