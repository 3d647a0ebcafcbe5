/**
 * A package with libtensorflow as an engine. Both packages register with tfjs as `tensorflow`, and start themselves
 * when they are imported; here each gets a name of its own, `node` or `node-gpu`, so that results, checkpoints and
 * kernels tell which it was, and tfjs's own `tensorflow` stays as it was.
 */

import { totalmem } from 'node:os';
import { type Backend, type Probe, setMemoryLimit } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import * as tf from '@tensorflow/tfjs-core';
import { diagnose } from './diagnose';
import { type Host, thisMachine } from './host';
import { install } from './kernels';
import type { NativePackage } from './packages';
import { selfCheck } from './self-check';
import { isNative, type NativeTensorflow } from './tensorflow';

/** The name under which tfjs-node registers itself. */
const STOCK = 'tensorflow';

/** Read by libtensorflow's libraries when they are loaded; what the user has set stays. */
const environment = {
  /** Its remarks on instruction sets are no news. */
  TF_CPP_MIN_LOG_LEVEL: '1',
  /** One seed, one curve: cuDNN's gradients otherwise add in another order each time. */
  TF_CUDNN_DETERMINISTIC: '1',
  /** float32 is float32: TensorFloat-32 keeps 10 bits of a factor. */
  NVIDIA_TF32_OVERRIDE: '0',
};

/** The engine of a package. `host` is the machine; tests give another. */
export function nativeBackend(wanted: NativePackage, host: Host = thisMachine): Backend {
  let started = false;
  let seen: Probe | undefined;
  return {
    priority: wanted.priority,
    async probe() {
      // What runs here goes on running; what is missing may be installed meanwhile.
      if (!seen?.available) seen = await diagnose(wanted, host);
      return seen;
    },
    async start() {
      if (started) return;
      const before = tf.engine().backendName;
      try {
        const native = await load(wanted, host);
        await register(wanted, native);
        started = true;
      } catch (error) {
        if (before) await tf.setBackend(before);
        throw error;
      }
    },
  };
}

async function load(wanted: NativePackage, host: Host): Promise<NativeTensorflow> {
  const data = { backend: wanted.engine, package: wanted.name };
  refuseOther(wanted);
  const path = host.resolve(wanted.name);
  if (!path)
    throw new NeusimError('BACKEND_MISSING', `the package ${wanted.name} is not installed`, {
      data,
      hint: `npm install ${wanted.name}; \`npx neusim doctor\` tells what else it needs`,
    });
  for (const [name, value] of Object.entries(environment)) process.env[name] ??= value;
  // It may bring its own copy of tfjs, which then says of every kernel that it is registered already.
  const prod = tf.env().getBool('PROD');
  try {
    tf.env().set('PROD', true);
    host.load(path);
  } catch (cause) {
    throw new NeusimError('BACKEND_FAILED', `${wanted.name} does not load: ${(cause as Error).message}`, {
      data: { ...data, path },
      hint: '`npx neusim doctor` tells what is missing',
      cause,
    });
  } finally {
    tf.env().set('PROD', prod);
  }
  const native = tf.findBackend(STOCK);
  if (!isNative(native))
    throw new NeusimError('BACKEND_FAILED', `${wanted.name} has registered no backend '${STOCK}' with tfjs`, {
      data: { ...data, path },
      hint: `install the version of ${wanted.name} that fits your @tensorflow/tfjs-core`,
    });
  if (wanted.gpu && !native.isUsingGpuDevice)
    throw new NeusimError('BACKEND_NO_GPU', `${wanted.name} finds no GPU and would compute on the CPU`, {
      data: { ...data, path },
      hint: '`npx neusim doctor` tells what is missing; for the CPU use the engine node',
    });
  return native;
}

/** One process holds one libtensorflow: a second would take symbols of the first. */
function refuseOther({ name, engine, gpu }: NativePackage): void {
  const other = tf.engine().registryFactory[STOCK] ? tf.findBackend(STOCK) : null;
  if (!isNative(other) || other.isGPUPackage === gpu) return;
  const loaded = other.isGPUPackage ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  throw new NeusimError('BACKEND_CONFLICT', `${loaded} is loaded: ${name} cannot be loaded beside it`, {
    data: { backend: engine, package: name, loaded },
    hint: `start the engine ${engine} in another process or worker`,
  });
}

async function register({ engine }: NativePackage, native: NativeTensorflow): Promise<void> {
  tf.registerBackend(engine, () => native);
  tf.copyRegisteredKernels(STOCK, engine);
  install(engine, native);
  // A GPU refuses what does not fit its memory itself; the host would be brought down by it.
  if (!native.isUsingGpuDevice) setMemoryLimit(engine, hostMemory(), () => process.memoryUsage.rss());
  await tf.setBackend(engine);
  await selfCheck(engine);
}

/** Bytes that this process may take: what its container allows, or what there is. */
function hostMemory(): number {
  const allowed = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  return Math.min(totalmem(), allowed);
}
