/**
 * The kernels of `assembly/`, working in place on the heap of tfjs's backend: they read and write its tensors by their
 * addresses, and take what they need besides from its allocator. Addresses outlive a heap that grows; views do not, so
 * none is kept.
 */
import { NeusimError } from '@neusim/registry';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { forSharedMemory, loadBinary } from './binary';
import type { Address, Exports, Native } from './exports';
import { GEOMETRY_LENGTH } from './geometry';

/** What of tfjs-wasm's module is used: its raw exports, and where its memory is. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  readonly malloc: (bytes: number) => Address;
  readonly free: (address: Address) => void;
}

/**
 * Threads from which on tfjs's convolutions and matrix products, which use them all, should be faster than ours on one:
 * from what each takes on one thread, not measured.
 */
const MANY_THREADS = 4;

/** Whether tfjs has so many threads that it should do what it can do itself: in a page that is cross-origin isolated. */
export function hasManyThreads(backend: BackendWasm): boolean {
  return (backend as unknown as { wasm: TfjsModule }).wasm.tfjs.getThreadsCount() >= MANY_THREADS;
}

const instances = new WeakMap<object, Native>();
let binary: Awaited<ReturnType<typeof loadBinary>> | undefined;

/** Loads the kernels for this JavaScript engine. To be awaited before any of them is called. */
export async function loadNative(): Promise<void> {
  binary = await loadBinary();
}

/**
 * Compiles the kernels for a backend's heap, off the thread: browsers want that of a page. A backend that was not
 * prepared gets them when it first needs them.
 */
export async function prepareNative(backend: BackendWasm): Promise<void> {
  const { wasm } = backend as unknown as { wasm: TfjsModule };
  if (instances.has(wasm)) return;
  const heap = heapOf(wasm);
  const module = await WebAssembly.compile(forHeap(loaded(), heap));
  keep(wasm, connect(await WebAssembly.instantiate(module, { env: { ...heap } }), heap));
}

/** The kernels on a heap. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>, heap: Heap): Native {
  const module = new WebAssembly.Module(forHeap(bytes, heap));
  return connect(new WebAssembly.Instance(module, { env: { ...heap } }), heap);
}

/** The kernels on a backend's heap. */
export function native(backend: BackendWasm): Native {
  const { wasm } = backend as unknown as { wasm: TfjsModule };
  return instances.get(wasm) ?? keep(wasm, instantiate(loaded(), heapOf(wasm)));
}

const loaded = () => (binary as NonNullable<typeof binary>).bytes;

function heapOf({ asm, wasmMemory }: TfjsModule): Heap {
  const { malloc, free, memory = wasmMemory } = asm;
  return { malloc, free, memory: memory as WebAssembly.Memory };
}

const forHeap = (bytes: Uint8Array<ArrayBuffer>, { memory }: Heap) =>
  memory.buffer instanceof ArrayBuffer ? bytes : forSharedMemory(bytes);

function connect({ exports }: WebAssembly.Instance, { memory, malloc }: Heap): Native {
  const geometry = malloc(4 * GEOMETRY_LENGTH) >>> 0;
  if (geometry === 0) throw outOfMemory('the kernels');
  return { exports: exports as unknown as Exports, memory, geometry };
}

function keep(wasm: TfjsModule, made: Native): Native {
  instances.set(wasm, made);
  refuseWithoutMemory(wasm);
  return made;
}

/** tfjs takes the address 0 of a full heap for memory, and would write its tensors over what lies there. */
function refuseWithoutMemory(wasm: TfjsModule): void {
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const address = allocate(bytes);
    if (address === 0 && bytes > 0) throw outOfMemory(`a tensor of ${bytes} bytes`);
    return address;
  };
}

interface TfjsModule {
  _malloc(bytes: number): Address;
  readonly tfjs: { getThreadsCount(): number };
  readonly asm: Omit<Heap, 'memory'> & { readonly memory?: WebAssembly.Memory };
  /** Where threads share the memory, it is made outside. */
  readonly wasmMemory?: WebAssembly.Memory;
}

/** Where tensors' values lie; 0 for none. */
export function addressesOf<T extends readonly (tf.TensorInfo | null | undefined)[]>(
  backend: BackendWasm,
  ...tensors: T
): { readonly [I in keyof T]: Address } {
  return tensors.map((tensor) => addressOf(backend, tensor)) as { readonly [I in keyof T]: Address };
}

function addressOf(backend: BackendWasm, tensor: tf.TensorInfo | null | undefined): Address {
  if (!tensor) return 0;
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/**
 * Disposes of a kernel's outputs where it found no memory to work in.
 * @throws NeusimError ENGINE_MEMORY
 */
export function requireDone(
  done: number,
  what: string,
  backend: BackendWasm,
  outputs: readonly tf.TensorInfo[],
): void {
  if (done) return;
  for (const { dataId } of outputs) backend.disposeData(dataId);
  throw outOfMemory(what);
}

function outOfMemory(what: string): NeusimError {
  return new NeusimError('ENGINE_MEMORY', `the WebAssembly heap has no memory left for ${what}`, {
    data: { what, backend: 'wasm' },
    hint: 'Use a smaller batch, or dispose of tensors that are no longer needed.',
  });
}
