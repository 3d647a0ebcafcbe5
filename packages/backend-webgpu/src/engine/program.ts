/**
 * A compute program of our own in WGSL. It reads and writes whole tensors: each is one storage buffer of group 0, in
 * the order inputs, outputs, uniforms; and its entry point is `main`. What the code depends on stands in `variant`, so
 * that each variant is compiled once; what changes with shapes alone goes into the uniforms.
 */

/** WGSL type of one element of a buffer. */
export type Element = 'f32' | 'vec4<f32>' | 'i32' | 'u32';

/** A buffer's name in the code, or with another element than f32: `{ name: 'x', of: 'vec4<f32>' }`. */
export type BufferName = string | { readonly name: string; readonly of: Element };

export type Scalar = 'u32' | 'i32' | 'f32';

export interface Program<U extends Readonly<Record<string, Scalar>> = Readonly<Record<string, Scalar>>> {
  /** The kernel that it serves, as errors and profiles name it, such as `NeusimSimilarityConv2D`. */
  readonly name: string;
  /** Tells programs of one name apart: tile sizes, element types, flags. */
  readonly variant: string;
  readonly inputs: readonly BufferName[];
  readonly outputs: readonly BufferName[];
  /** In the code: `u.name`, each a scalar of four bytes. At least one. */
  readonly uniforms: U;
  /** WGSL without the declarations of buffers and uniforms: workgroup memory, functions and `main`. */
  readonly code: () => string;
}

/** The whole WGSL of a program. */
export function wgsl({ inputs, outputs, uniforms, code }: Program): string {
  const declare = (access: string) => (buffer: BufferName, binding: number) => {
    const { name, of } = typeof buffer === 'string' ? { name: buffer, of: 'f32' } : buffer;
    return `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${of}>;`;
  };
  const reads = inputs.map(declare('read'));
  const writes = outputs.map((buffer, i) => declare('read_write')(buffer, inputs.length + i));
  const fields = Object.entries(uniforms).map(([name, type]) => `  ${name}: ${type},`);
  return [
    ...reads,
    ...writes,
    'struct Uniforms {',
    ...fields,
    '}',
    `@group(0) @binding(${inputs.length + outputs.length}) var<uniform> u: Uniforms;`,
    code(),
  ].join('\n');
}

/** The uniforms' bytes, in the order in which the program declares them. */
export function packUniforms<U extends Readonly<Record<string, Scalar>>>(
  types: U,
  values: { readonly [N in keyof U]: number },
): ArrayBuffer {
  const names = Object.keys(types);
  const bytes = new DataView(new ArrayBuffer(16 * Math.ceil(names.length / 4)));
  for (const [i, name] of names.entries()) {
    const value = values[name] as number;
    if (types[name] === 'f32') bytes.setFloat32(4 * i, value, true);
    else if (types[name] === 'i32') bytes.setInt32(4 * i, value, true);
    else bytes.setUint32(4 * i, value, true);
  }
  return bytes.buffer;
}
