// In front of `npm test`, `npm run demo`, `bench`, `studio`, `build`, `features`, `docs` and `gpu-bundle`. Needs Node and npm alone: it checks the
// Node version, installs when node_modules does not match the lockfile, builds what changed, then runs the command.
import { build, install, requireNode } from './setup.mjs';
import { node, root } from './shell.mjs';

const apps = {
  demo: { workspace: 'neusim', main: 'apps/cli/dist/main.js', args: ['demo'] },
  bench: { workspace: '@neusim/bench', main: 'apps/bench/dist/main.js', args: [] },
  // Its dev server reads the source: what it imports is built for the generated kernels alone.
  studio: { workspace: '@neusim/studio^', main: 'apps/studio/tools/studio.mjs', args: [] },
};

async function run(command, args) {
  requireNode('20.19.0');
  await install();
  if (command === 'test') {
    const { test } = await import('./checks.mjs');
    return test(args);
  }
  if (command === 'build') return build();
  if (command === 'features') return (await build()) || node([`${root}/tools/features.mjs`, ...args]);
  if (command === 'docs') {
    const { docs } = await import('./docs.mjs');
    return docs(args);
  }
  if (command === 'gpu-bundle') {
    const { gpuBundle } = await import('./gpu-bundle.mjs');
    return gpuBundle(args);
  }
  const app = apps[command];
  if (!app) {
    process.stderr.write(
      `unknown command ${command}; known: test, build, features, docs, gpu-bundle, ${Object.keys(apps).join(', ')}\n`,
    );
    return 2;
  }
  const built = await build(app.workspace);
  return built || node([`${root}/${app.main}`, ...app.args, ...args]);
}

const [command = '', ...args] = process.argv.slice(2);
process.exitCode = await run(command, args);
