// A real Chromium for tests and measurements, with a software GPU or with none.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright';

const usual = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of a Chromium: NEUSIM_CHROMIUM, or where Linux has it; undefined where there is none. */
export const findChromium = () => [process.env.NEUSIM_CHROMIUM ?? '', ...usual].find(existsSync);

const quiet = [
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @param webgpu whether the pages have WebGPU, on a software adapter where there is no GPU. */
export const launch = ({ webgpu = true } = {}) =>
  chromium.launch({
    executablePath: findChromium(),
    args: [
      '--no-sandbox',
      ...quiet,
      ...(webgpu ? ['--enable-unsafe-webgpu'] : ['--disable-gpu', '--disable-features=WebGPU']),
    ],
  });
