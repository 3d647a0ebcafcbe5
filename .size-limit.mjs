// What an import costs a page, minified and gzipped, with tfjs apart (a peer, so that a page holds one copy).
const tfjs = [
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
];

const entry = (name, limit, names) => ({
  name: `${name}: ${names ?? 'all of it'}`,
  path: `packages/${name}/dist/${name === 'platform' ? 'browser' : 'index'}.js`,
  import: names ?? '*',
  limit,
  gzip: true,
  ignore: tfjs,
});

export default [
  entry('registry', '3 KB'),
  entry('core', '12 KB', '{ similarityConv2d }'),
  entry('core', '12 KB', 'core, { NeuralSimilarityConv2D }'),
  entry('core', '15 KB', 'core, { startBackend, neuralSimilarity }'),
  entry('platform', '5 KB'),
  entry('datasets', '9 KB'),
];
