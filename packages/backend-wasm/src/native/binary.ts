/**
 * Which build of the kernels runs here. Relaxed SIMD multiplies and adds in one step, with one rounding, where the
 * processor can; plain SIMD does it in two.
 */

/** A module with one function, whose body is `f32x4.relaxed_madd` of three constants. */
const RELAXED_MADD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0,
  253, 17, 65, 0, 253, 17, 253, 133, 2, 11,
]);

export type Build = 'relaxed' | 'simd';

let compiled: Promise<{ readonly build: Build; readonly bytes: Uint8Array<ArrayBuffer> }> | undefined;

/** The binary for this JavaScript engine, loaded once: a page fetches only the build it runs. */
export function loadBinary() {
  compiled ??= load();
  return compiled;
}

async function load() {
  allowRelaxedSimd();
  const build: Build = WebAssembly.validate(RELAXED_MADD) ? 'relaxed' : 'simd';
  const { default: text } = await (build === 'relaxed'
    ? import('../generated/relaxed')
    : import('../generated/simd'));
  return { build, bytes: await unpack(text) };
}

/** Whether relaxed SIMD will run here, once the kernels are loaded. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(RELAXED_MADD) || isNode20();
}

/**
 * Node 20 has relaxed SIMD complete, but behind a flag of V8: all that it does is to let modules with these instructions
 * compile.
 */
export function allowRelaxedSimd(): void {
  if (!isNode20()) return;
  try {
    process.getBuiltinModule('node:v8').setFlagsFromString('--experimental-wasm-relaxed-simd');
  } catch {
    // Something that only looks like Node: the plain build runs there.
  }
}

function isNode20(): boolean {
  const { process } = globalThis as { process?: NodeJS.Process };
  return process?.versions?.node?.startsWith('20.') === true;
}

async function unpack(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes before the flags of the imported memory: its module, its name and its kind. */
const MEMORY_IMPORT = [3, ...[...'env'].map(code), 6, ...[...'memory'].map(code), 2];

/** The binary for a memory shared between threads: the same, but for two bits of what it says of its memory. */
export function forSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const start = bytes.findIndex((_, at) => MEMORY_IMPORT.every((byte, i) => bytes[at + i] === byte));
  const shared = bytes.slice();
  shared[start + MEMORY_IMPORT.length] = 3;
  return shared;
}

function code(character: string): number {
  return character.charCodeAt(0);
}
