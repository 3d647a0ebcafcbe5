// What an import costs a page, minified and gzipped, with tfjs apart (a peer, so that a page holds one copy).
import { builtinModules } from 'node:module';

const tfjs = ['core', 'layers', 'backend-cpu', 'backend-wasm', 'backend-webgpu'].map(
  (name) => `@tensorflow/tfjs-${name}`,
);

/** Packages with an entry of their own for pages. */
const forPages = ['platform', 'backend-webgpu'];

const entry = (name, limit, { names, apart = [] } = {}) => ({
  name: `${name}: ${names ?? 'all of it'}`,
  path: `packages/${name}/dist/${forPages.includes(name) ? 'browser' : 'index'}.js`,
  import: names ?? '*',
  limit,
  gzip: true,
  ignore: [...tfjs, ...apart],
});

/** Loaded by the first file that wants them. */
const whenWanted = ['fflate', 'fzstd', 'hash-wasm', 'hyparquet', 'hyparquet-compressors', 'modern-tar'];

const structures = ['low-rank', 'symmetric', 'psd', 'orthogonal', 'grouped', 'bilinear'].map(
  (name) => `./${name}.js`,
);

const operators = ['cond-conv', 'od-conv', 'involution'].map((name) => `./${name}.js`);

/** Each loaded by its definition, and with them what reads pickles. */
const fewShotSets = ['mini-imagenet', 'tiered-imagenet', 'cifar-fs', 'fc100'].map((name) => `./${name}.js`);

/** The package itself, without our other packages, which have their own budgets. */
const alone = (name, limit) => entry(name, limit, { apart: ['@neusim/*'] });

export default [
  // Where a product came from, which saved models tell, and `schema`, for help and completion, are parts of it.
  entry('registry', '3.4 KB'),
  entry('core', '12 KB', { names: '{ similarityConv2d }' }),
  // Of it 2.5 KB sample at offsets, and compose that for engines without a kernel; 0.1 KB are the second order of tfjs's own
  // convolution. Of structures and responses it has nothing.
  entry('core', '16.4 KB', { names: '{ startBackend, NeuralSimilarityConv2D, dynamicDns }' }),
  // The plug-in as a whole: similarities, two shapes, and the schemas of their options (valibot). Structures on M and responses
  // are loaded when they are wanted.
  entry('core', '20 KB', {
    names: 'core, { startBackend, neuralSimilarity }',
    apart: [...structures, './hyperspherical*', './decoupled*'],
  }),
  // Files in parts and WebP's header besides.
  alone('platform', '6.6 KB'),
  // Four shapes, three of which a page loads when it wants them, and the schemas of their options.
  alone('masks', '6.4 KB'),
  // Six predictors and the block of global similarity; the other operators are loaded when they are wanted.
  entry('hypernet', '7.5 KB', { names: 'hypernet', apart: ['@neusim/*', ...operators] }),
  alone('hypernet', '11 KB'),
  entry('backend-wasm', '9.6 KB', { apart: ['@neusim/*', '../generated/*'] }),
  // A page loads one of these: the kernels in relaxed SIMD, or in plain.
  ...['relaxed', 'simd'].map((build) => ({
    name: `backend-wasm: kernels, ${build}`,
    path: `packages/backend-wasm/dist/generated/${build}.js`,
    limit: '16 KB',
    gzip: true,
  })),
  alone('backend-webgpu', '40 KB'),
  // For Node alone.
  entry('backend-node-gpu', '7.4 KB', { apart: ['@neusim/*', ...builtinModules] }),
  // Readers of image files and the store of decoded images make a quarter of it, those of archives, augmentation, and episodes
  // with features a fifth each.
  // The libraries are apart: a page loads each with the first image, archive or Parquet file that wants it.
  entry('datasets', '54 KB', { apart: ['@neusim/*', ...whenWanted, ...fewShotSets] }),
  // Ten families of networks and the conversion of others: each file is one, and a bundle leaves out none that the plug-in lists.
  alone('models', '9 KB'),
  // A quarter of it is the pool of workers, both sides; 2.5 KB look into networks, half a KB are the config's lines of help.
  // What computes singular values is loaded by the first kernel.
  // Of it 0.8 KB are objectives: what a session works for, classes or episodes; 0.3 KB tell which classes a run has seen.
  entry('train', '28.8 KB', { apart: ['@neusim/*', 'ml-matrix'] }),
  // Fourteen methods, training, tests and presets: each method is a file, and a bundle leaves out none that the plug-in lists.
  alone('fewshot', '37.3 KB'),
  // Of it the float64 references of operators and responses.
  alone('testing', '12.4 KB'),
  alone('export', '10 KB'),
  // Without Plot, which draws the curves of whole reports. A third of it is the page of `neusim inspect`, 1.3 KB that of episodes.
  entry('report', '28.5 KB', { apart: ['@neusim/*', '@observablehq/plot'] }),
  entry('report', '12 KB', { names: '{ learnedOf, learnedSections, viewStyle }', apart: ['@neusim/*'] }),
];
