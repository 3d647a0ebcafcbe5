// `npm run docs`: the site of docs/, by vitepress.
//   npm run docs                 builds it into docs/.vitepress/dist
//   npm run docs -- --dev        serves it while it is worked on
//   npm run docs -- --serve      builds it, and serves what was built
// A dead link, a public name without a comment, a broken {@link} and an error code that nothing throws are failures.
import { writePages } from './docs/pages.mjs';
import { writeReference } from './docs/reference.mjs';
import { seconds } from './setup.mjs';
import { bin, node, root } from './shell.mjs';

export async function docs(args) {
  const [mode, ...rest] = args.length > 0 && args[0].startsWith('--') ? args : ['--build', ...args];
  const known = ['--build', '--dev', '--serve'];
  if (!known.includes(mode)) {
    process.stderr.write(`unknown option ${mode}; known: ${known.join(', ')}\n`);
    return 2;
  }
  const started = Date.now();
  console.log('Reading the source of every package (half a minute) …');
  const wrong = writePages();
  for (const line of wrong) console.log(line);
  const warnings = await writeReference();
  if (wrong.length + warnings > 0) {
    console.log(`The documents have ${wrong.length} errors, the reference ${warnings} warnings.`);
    return 1;
  }
  console.log(`Wrote the reference in ${seconds(started)}`);
  if (mode === '--dev') return vitepress('dev', ...rest);
  const code = await vitepress('build');
  if (code !== 0) return code;
  if (mode === '--serve') return vitepress('preview', ...rest);
  console.log('The site lies in docs/.vitepress/dist. To read it: npm run docs -- --serve');
  return 0;
}

const vitepress = (command, ...rest) => node([bin('vitepress'), command, `${root}/docs`, ...rest]);
