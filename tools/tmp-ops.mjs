import webgpu from '@neusim/backend-webgpu';
import wasm from '@neusim/backend-wasm';
import core, { startBackend } from '@neusim/core';
import { createRegistry } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
console.warn = () => {};
const engine = process.argv[2];
const registry = createRegistry(core, webgpu, wasm);
await registry.ready();
await startBackend(registry, engine);
if (engine === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
const K = 9, P = 45;
const mask = Float32Array.from({length:81},(_, i)=> (i%9)<=Math.floor(i/9)?1:0);
const sum9 = (a,b) => { // sum over k of a[:,:,k]*b[:,k,:]
  let s; for (let k=0;k<K;k++){ const t=tf.mul(tf.slice(a,[0,0,k],[-1,-1,1]), tf.slice(b,[0,k,0],[-1,1,-1])); s = s? tf.add(s,t):t;} return s; };
for (const N of process.argv[3].split(',').map(Number)) {
  const z = tf.randomNormal([N,P]), S = tf.randomNormal([P,81]), a = tf.randomNormal([N,9,9]), b = tf.randomNormal([N,9,9]);
  const M = tf.tensor3d(mask,[1,9,9]);
  const cases = {
    'fill matMul': () => tf.matMul(z,S),
    'fill trick': () => { const l = tf.mul(tf.reshape(tf.concat([tf.slice(z,[0,9],[-1,-1]), tf.reverse(z,1)],1),[N,9,9]),M); return tf.add(l, tf.transpose(l,[0,2,1])); },
    'batched matMul': () => tf.matMul(a,b),
    'batched matMul T': () => tf.matMul(a,b,false,true),
    'nine products': () => sum9(a,b),
    'sum of mul': () => tf.sum(tf.mul(tf.reshape(a,[N,9,9,1]), tf.reshape(b,[N,1,9,9])),2),
    'add': () => tf.add(a,b),
  };
  for (const [name, f] of Object.entries(cases)) {
    const once = async () => { const t = tf.tidy(f); await t.data(); t.dispose(); };
    await once(); await once();
    const times = [];
    for (let i=0;i<7;i++){ const t0=performance.now(); await once(); times.push(performance.now()-t0);} 
    times.sort((x,y)=>x-y);
    console.log(engine, N, name, times[0].toFixed(2), 'median', times[3].toFixed(2));
  }
}
process.exit(0);
