/** What the kernels share: vector arithmetic, and memory from tfjs-wasm's own allocator. */

/** a·b + c: fused into one rounding in the build with relaxed SIMD. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/** Sum of the four lanes. */
@inline
export function horizontal(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

export function zero(to: usize, bytes: usize): void {
  memory.fill(to, 0, bytes);
}

/** Bytes of a row of `floats` in scratch memory: whole vectors of 8, and never a power of two, which strains the cache. */
@inline
export function pitch(floats: i32): usize {
  const bytes = (<usize>((floats + 7) & ~7)) << 2;
  return bytes + ((bytes & 255) == 0 ? 64 : 0);
}

@external("env", "malloc")
declare function allocate(bytes: usize): usize;
@external("env", "free")
declare function release(address: usize): void;

/** Scratch memory, 16-byte aligned as the allocator's is; 0 where there is none, or for more than an address can tell. */
export function scratch(bytes: u64): usize {
  return bytes >> 32 ? 0 : allocate(<usize>bytes);
}

export function free(address: usize): void {
  release(address);
}

/** The first `count` values, from 1 to 4, and zeros: reads nothing beyond. */
@inline
export function loadFirst(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from);
  let value = v128.load32_zero(from);
  if (count > 1) value = f32x4.replace_lane(value, 1, load<f32>(from, 4));
  if (count > 2) value = f32x4.replace_lane(value, 2, load<f32>(from, 8));
  return value;
}

/** Stores the first `count` values, from 1 to 4. */
@inline
export function storeFirst(to: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(to, value);
    return;
  }
  store<f32>(to, f32x4.extract_lane(value, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(value, 2), 8);
}

/** Adds to one value. */
@inline
export function addOne(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}
