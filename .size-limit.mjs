// What an entry costs a page, gzipped, with tfjs apart (a peer, so that a page holds one copy).
// A definition is loaded when it is made: chunks behind `import()` count only where they are named.
const tfjs = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
];

const entry = (name, limit, names) => ({
  name: `${name} ${names ?? '*'}`,
  path: `packages/${name}/dist/${name === 'platform' ? 'browser' : 'index'}.js`,
  import: names ?? '*',
  limit,
  gzip: true,
  ignore: tfjs,
});

export default [entry('registry', '3 KB')];
