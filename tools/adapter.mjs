// The WebGPU adapter that tests in Node run on: one that the environment names (VK_DRIVER_FILES, VK_ICD_FILENAMES: a
// GPU's), or a software one, found where Debian's packages put it. Nothing is installed. The Vulkan loader reads its
// environment when a process starts to use it, so this is to be done before Dawn is loaded, by whoever starts the tests.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './shell.mjs';

const chromiumFolders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const driverFolders = ['/usr/share', '/usr/local/share', '/etc'].map((base) => `${base}/vulkan/icd.d`);

export const HOW_TO_GET_ONE = 'Debian and Ubuntu: apt-get install chromium libvulkan1';

/** Whether tests must run on WebGPU and in Chromium: what is missing for it is then a failure. */
export const isRequired = () => process.env.NEUSIM_REQUIRE_WEBGPU === '1';

let found;

/**
 * `{ name, env }`, the environment with which a process has the adapter; or `{ missing }`, why there is none.
 * Throws where there is none and one is required.
 */
export function findAdapter() {
  found ??= search();
  if (found.missing && isRequired())
    throw new Error(`NEUSIM_REQUIRE_WEBGPU=1, and ${found.missing}. ${HOW_TO_GET_ONE}`);
  return found;
}

function search() {
  let reason = 'no Vulkan driver is installed';
  for (const env of candidates()) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'tools/probe-adapter.mjs')], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
      timeout: 60_000,
    });
    const name = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1)) : null;
    if (name) return { name, env };
    reason =
      stderr
        .trim()
        .split('\n')[0]
        .replace(/^Warning: /, '') || reason;
  }
  return { missing: `there is no WebGPU adapter here (${reason})` };
}

/** Environments to try. Vulkan is Linux's: elsewhere Dawn uses what the system has. */
function candidates() {
  if (process.platform !== 'linux') return [{}];
  const drivers = isNamed()
    ? [{}]
    : softwareDrivers().map((file) => ({ VK_DRIVER_FILES: file, VK_ICD_FILENAMES: file }));
  const loaders = chromiumFolders.filter((folder) => existsSync(join(folder, 'libvulkan.so.1')));
  const paths = loaders.map((folder) => ({
    LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, folder].filter(Boolean).join(':'),
  }));
  // The system's loader first, then the one that comes with a Chromium.
  return [{}, ...paths].flatMap((loader) => drivers.map((driver) => ({ ...driver, ...loader })));
}

const isNamed = () => Boolean(process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES);

/** Mesa's lavapipe, which is fast, then Chromium's SwiftShader. */
function softwareDrivers() {
  const lavapipe = driverFolders
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => /\/lvp_icd[^/]*\.json$/.test(file));
  const swiftShader = chromiumFolders
    .map((folder) => join(folder, 'vk_swiftshader_icd.json'))
    .filter(existsSync);
  return [...lavapipe, ...swiftShader];
}

const chromiums = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** `{ path }` of a Chromium, the one that CHROMIUM_PATH names first; or `{ missing }`. Throws as `findAdapter` does. */
export function findChromium() {
  const path = [process.env.CHROMIUM_PATH, ...chromiums].find((file) => file && existsSync(file));
  if (path) return { path };
  const missing = 'there is no Chromium here';
  if (isRequired()) throw new Error(`NEUSIM_REQUIRE_WEBGPU=1, and ${missing}. ${HOW_TO_GET_ONE}`);
  return { missing };
}
