// A small layer trained, saved, loaded and folded with what is given: the same in Node, by `import` and by `require`, and
// in a page. It imports nothing itself.

/**
 * Which half of an image is bright, under noise, by a layer with a learned M.
 * @returns `{ engine, first, last, saved, folded }`: the loss of the first and the last five of 40 steps, and by how much
 *   the loaded and the folded model's outputs differ from the model's, relative to the largest.
 */
export async function trainALayer({ tf, tfl, core, wasm, registry }) {
  const plugins = registry.createRegistry(core.default, wasm.default);
  const engine = await core.startBackend(plugins, 'wasm');
  const image = tfl.input({ shape: [12, 12, 1] });
  const features = core.neuralSimilarity(image, {
    filters: 8,
    kernelSize: 3,
    padding: 'same',
    activation: 'relu',
    kernelInitializer: tfl.initializers.heNormal({ seed: 1 }),
    similarity: plugins.make('similarity', 'static-uns'),
  });
  const flat = tfl.layers.flatten().apply(tfl.layers.averagePooling2d({ poolSize: 3 }).apply(features));
  const head = tfl.layers.dense({ units: 2, kernelInitializer: tfl.initializers.heNormal({ seed: 2 }) });
  const net = tfl.model({ inputs: image, outputs: head.apply(flat) });
  net.compile({
    optimizer: tf.train.momentum(0.01, 0.9),
    loss: (t, y) => tf.losses.softmaxCrossEntropy(t, y),
  });

  const sides = Array.from({ length: 32 }, (_, i) => i % 2);
  const batch = (step) =>
    tf.tidy(() => {
      const light = tf.reshape(tf.tensor(sides.map((side) => (side ? [0, 1] : [1, 0]))), [32, 1, 2, 1, 1]);
      const bright = tf.reshape(tf.tile(light, [1, 12, 1, 6, 1]), [32, 12, 12, 1]);
      return tf.add(bright, tf.randomNormal([32, 12, 12, 1], 0, 2, 'float32', step + 1));
    });
  const labels = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(sides, 'int32'), 2), 'float32'));
  const losses = [];
  for (let step = 0; step < 40; step++) {
    const images = batch(step);
    losses.push(await net.trainOnBatch(images, labels));
    images.dispose();
  }
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

  const artifacts = await new Promise((resolve, reject) => {
    const done = { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    const handler = tf.io.withSaveHandler(async (given) => {
      resolve(given);
      return done;
    });
    net.save(handler).catch(reject);
  });
  const loaded = await core.loadModel(plugins, {
    load: async () => JSON.parse(JSON.stringify(artifacts), revive),
  });
  const folded = core.foldModel(net);
  const x = batch(99);
  const outputs = await Promise.all([net, loaded, folded].map((each) => each.predict(x).data()));
  const largest = Math.max(...outputs[0].map(Math.abs));
  const distance = (values) =>
    Math.max(...values.map((value, i) => Math.abs(value - outputs[0][i]))) / largest;
  return {
    engine: engine.name,
    first: mean(losses.slice(0, 5)),
    last: mean(losses.slice(-5)),
    saved: distance(outputs[1]),
    folded: distance(outputs[2]),
    layers: folded.layers.map((each) => each.getClassName()),
  };

  /** The weights are bytes, which JSON has not. */
  function revive(key, value) {
    return key === 'weightData' ? artifacts.weightData : value;
  }
}
