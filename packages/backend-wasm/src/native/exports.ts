/** The functions of `assembly/index.ts`, as JavaScript calls them. */

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
  sampledForward(g: Address, x: Address, w: Address, m: Address, offsets: Address, y: Address): number;
  sampledBackward(
    g: Address,
    x: Address,
    w: Address,
    m: Address,
    offsets: Address,
    dy: Address,
    dx: Address,
    dw: Address,
    dm: Address,
    doffsets: Address,
  ): number;
  samplePatches(
    g: Address,
    x: Address,
    offsets: Address,
    out: Address,
    orderY: number,
    orderX: number,
  ): number;
  samplePatchesBackward(
    g: Address,
    offsets: Address,
    dp: Address,
    dx: Address,
    orderY: number,
    orderX: number,
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
    mean: Address,
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
  squaredNorms(x: Address, rows: number, columns: number, scale: number, y: Address): void;
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

/** The kernels on one heap. */
export interface Native {
  readonly exports: Exports;
  readonly memory: WebAssembly.Memory;
  /** Where a `Geometry` is written before each call that takes one. */
  readonly geometry: Address;
}
