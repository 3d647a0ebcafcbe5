/**
 * The kernels of `assembly/`, working in place on the heap of tfjs's backend: they read and write its tensors by their
 * addresses, and take what they need besides from its allocator. Addresses outlive a heap that grows; views do not, so
 * none is kept.
 */
import type { Geometry } from '@neusim/core';
import { NeusimError } from '@neusim/registry';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';
import { forSharedMemory, loadBinary } from './binary';

/** An address in the heap; 0 is none. */
export type Address = number;

/** Functions that need memory give 0 where there is none. Matrices and maps are row-major, strides are bytes. */
export interface Exports {
  matMul(
    a: Address,
    strideA: number,
    b: Address,
    strideB: number,
    c: Address,
    batch: number,
    m: number,
    n: number,
    k: number,
    transposeA: boolean,
    transposeB: boolean,
  ): number;
  finish(y: Address, rows: number, filters: number, bias: Address, relu: boolean): void;
  similarityForward(
    g: Address,
    x: Address,
    w: Address,
    m: Address,
    y: Address,
    bias: Address,
    relu: boolean,
  ): number;
  similarityBackward(
    g: Address,
    x: Address,
    w: Address,
    m: Address,
    dy: Address,
    dx: Address,
    dw: Address,
    dm: Address,
  ): number;
  winogradForward(
    g: Address,
    n: number,
    x: Address,
    w: Address,
    turned: boolean,
    y: Address,
    bias: Address,
    relu: boolean,
  ): number;
  winogradFilterGradient(g: Address, n: number, x: Address, dy: Address, dw: Address): number;
  moments(x: Address, rows: number, channels: number, mean: Address, variance: Address): void;
  affine(x: Address, rows: number, channels: number, scale: Address, shift: Address, y: Address): void;
  normSums(
    x: Address,
    dy: Address,
    rows: number,
    channels: number,
    mean: Address,
    rstd: Address,
    sums: Address,
    products: Address,
  ): void;
  normInputGradient(
    x: Address,
    dy: Address,
    rows: number,
    channels: number,
    a: Address,
    b: Address,
    c: Address,
    dx: Address,
  ): void;
  depthwiseInputGradient(g: Address, w: Address, dy: Address, dx: Address): void;
  depthwiseFilterGradient(g: Address, x: Address, dy: Address, dw: Address): void;
  maxPoolGradient(g: Address, x: Address, dy: Address, dx: Address): void;
  averagePoolGradient(g: Address, dy: Address, dx: Address): void;
  reluGradient(x: Address, dy: Address, dx: Address, count: number): void;
  squaredNorms(x: Address, rows: number, columns: number, y: Address): void;
  sum(x: Address, outer: number, reduced: number, inner: number, scale: number, y: Address): void;
  binary(
    operation: number,
    a: Address,
    aRow: number,
    aColumn: number,
    b: Address,
    bRow: number,
    bColumn: number,
    y: Address,
    rows: number,
    columns: number,
  ): void;
  updateSgd(
    param: Address,
    grad: Address,
    velocity: Address,
    nextParam: Address,
    nextVelocity: Address,
    count: number,
    learningRate: number,
    momentum: number,
    nesterov: boolean,
    l2: number,
  ): void;
  updateAdam(
    param: Address,
    grad: Address,
    first: Address,
    second: Address,
    nextParam: Address,
    nextFirst: Address,
    nextSecond: Address,
    count: number,
    rate: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    unbias: number,
    epsilon: number,
    l2: number,
  ): void;
}

/** What of tfjs-wasm's module is used: its raw exports, and where its memory is. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  readonly malloc: (bytes: number) => Address;
  readonly free: (address: Address) => void;
}

export interface Native {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  /** Where a `Geometry` is written before each call that takes one. */
  readonly geometry: Address;
}

/** Threads from which on tfjs's convolutions and matrix products, which use them all, are faster than ours on one. */
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

/** The kernels on a heap. */
export function instantiate(bytes: Uint8Array<ArrayBuffer>, { memory, malloc, free }: Heap): Native {
  const isShared = !(memory.buffer instanceof ArrayBuffer);
  const module = new WebAssembly.Module(isShared ? forSharedMemory(bytes) : bytes);
  const { exports } = new WebAssembly.Instance(module, { env: { memory, malloc, free } });
  const geometry = malloc(4 * GEOMETRY_LENGTH) >>> 0;
  if (geometry === 0) throw outOfMemory('the kernels');
  return { exports: exports as unknown as Exports, memory, geometry };
}

/** The kernels on a backend's heap. */
export function native(backend: BackendWasm): Native {
  const { wasm } = backend as unknown as { wasm: TfjsModule };
  let found = instances.get(wasm);
  if (!found) {
    const { malloc, free, memory = wasm.wasmMemory } = wasm.asm;
    found = instantiate((binary as NonNullable<typeof binary>).bytes, {
      malloc,
      free,
      memory: memory as WebAssembly.Memory,
    });
    instances.set(wasm, found);
    refuseWithoutMemory(wasm);
  }
  return found;
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

const GEOMETRY_LENGTH = 19;

/** What m holds at a position, and the floats from one position's to the next; none for a plain convolution. */
export interface Similarity {
  readonly values: number;
  readonly strides: readonly [number, number, number];
}

/** Writes the geometry where the kernels read it, and gives its address. */
export function writeGeometry(
  { memory, geometry }: Native,
  g: Geometry,
  batch: number,
  filters: number,
  similarity?: Similarity,
): Address {
  const { values, strides } = similarity ?? { values: 0, strides: [0, 0, 0] };
  new Int32Array(memory.buffer, geometry, GEOMETRY_LENGTH).set([
    batch,
    g.height,
    g.width,
    g.channels,
    g.kernelHeight,
    g.kernelWidth,
    ...g.strides,
    ...g.dilations,
    g.pad[0][0],
    g.pad[1][0],
    g.outHeight,
    g.outWidth,
    filters,
    values,
    ...strides,
  ]);
  return geometry;
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
