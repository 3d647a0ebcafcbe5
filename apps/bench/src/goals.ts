/** What the ratios say, and what they are to reach. */

export interface Goal {
  readonly name: string;
  readonly of: string;
  readonly better: 'smaller' | 'larger';
  /** Absent: told, not aimed at. */
  readonly goal?: number;
}

const atMost = (name: string, goal: number, of: string): Goal => ({ name, of, better: 'smaller', goal });
const atLeast = (name: string, goal: number, of: string): Goal => ({ name, of, better: 'larger', goal });
const told = (name: string, of: string, better: Goal['better'] = 'smaller'): Goal => ({ name, of, better });

const goals: readonly Goal[] = [
  atMost('gemmVsXnnpack', 0.8, "matrix product, over tfjs-wasm's (XNNPACK)"),
  atMost('convForwardVsStock', 0.45, 'plain 3×3 forward, over tfjs-wasm'),
  atMost('convTrainVsFoundation', 0.4, 'plain forward and backward, over the foundation'),
  atMost('dnsForwardVsConv', 1.15, 'dynamic DNS forward, m given, over our direct convolution'),
  atMost('dnsTrainVsConv', 1.3, 'dynamic DNS forward and backward, over our direct convolution'),
  atMost('unsForwardVsConv', 1.8, 'dynamic UNS forward, m given, over our direct convolution'),
  atMost('unsTrainVsConv', 2.2, 'dynamic UNS forward and backward, over our direct convolution'),
  atLeast(
    'authorsVsDns',
    6,
    "the authors' nine-fold formulation on the foundation's kernels, over dynamic DNS",
  ),
  told('authorsOnOurKernelsVsDns', 'the same formulation on our kernels, over dynamic DNS', 'larger'),
  atMost('dnsPeakMemoryVsConv', 1.3, 'peak memory of dynamic DNS forward and backward, over plain'),
  told('unsPeakMemoryVsConv', 'peak memory of dynamic UNS forward and backward, over plain'),
  told('dnsTrainVsFoundation', 'dynamic DNS forward and backward, over the foundation'),
  told('vggTrainVsStock', 'a speed-up: training step of the VGG-like CNN on tfjs-wasm, over ours', 'larger'),
  atMost('vggTrainVsFoundation', 0.4, 'training step of the VGG-like CNN, over the foundation'),
  told('vggForwardVsStock', 'its forward pass, over tfjs-wasm'),
  told('cnnTrainVsFoundation', 'training step of `cnn-cifar`, over the foundation'),
  told('staticDnsTrainVsFoundation', 'of `nsn-cifar` with static DNS'),
  told('staticUnsTrainVsFoundation', 'of `nsn-cifar` with static UNS'),
  atMost('nsnTrainVsFoundation', 0.4, 'of `nsn-cifar` with dynamic DNS'),
  told('dynamicUnsTrainVsFoundation', 'of `nsn-cifar` with dynamic UNS'),
  atMost('overheadShare', 0.2, 'share of a training step outside convolutions and GEMM: the larger of'),
  told('vggOverheadShare', 'that of the VGG-like CNN'),
  told('nsnOverheadShare', 'that of `nsn-cifar` with dynamic DNS'),
  told('plainHeapVsTwoGiB', 'WebAssembly heap over 2 GiB, training `cnn-cifar` at batch 128'),
  told('dnsHeapVsTwoGiB', 'the same, `nsn-cifar` with dynamic DNS'),
  told('unsHeapVsTwoGiB', 'the same, `nsn-cifar` with dynamic UNS'),
  atLeast('fewShotBackboneShare', 0.85, 'share of testing proto-net on episodes that the backbone takes'),
  told('twoProcessesScaling', 'throughput of two independent processes, over that of one', 'larger'),
];

/** Of the suite `webgpu`. */
const gpuGoals: readonly Goal[] = [
  atMost('dnsForwardVsConv', 1.25, 'dynamic DNS forward, m given, over the fastest plain conv2d at hand'),
  atMost('dnsTrainVsConv', 1.6, 'dynamic DNS forward and backward, over the fastest plain conv2d at hand'),
  told('unsForwardVsConv', 'dynamic UNS forward, m given, over the fastest plain conv2d at hand'),
  told('unsTrainVsConv', 'dynamic UNS forward and backward, over the fastest plain conv2d at hand'),
  told('convForwardVsStock', 'plain 3×3 forward, over tfjs-webgpu'),
  told('convTrainVsStock', 'plain 3×3 forward and backward, over tfjs-webgpu'),
  told(
    'composedVsDns',
    'dynamic DNS composed from ops on our kernels, forward and backward, over ours',
    'larger',
  ),
  told('authorsVsDns', "the authors' nine-fold formulation on tfjs-webgpu, over dynamic DNS", 'larger'),
  told('gemmVsStock', "matrix product, over tfjs-webgpu's"),
  atMost('trainMemoryVsConv', 1.5, 'bytes on the device, dynamic DNS forward and backward, over plain'),
  atLeast(
    'trainStepVsStock',
    3,
    'a speed-up: training step of `cnn-cifar`, batch 128, on tfjs-webgpu, over ours',
  ),
  told('nsnTrainStepVsStock', 'the same of `nsn-cifar` with dynamic DNS', 'larger'),
  told('nsnPlainTrainStepVsStock', 'the same with the plain predictor', 'larger'),
  told('unsTrainStepVsStock', 'the same of `nsn-cifar` with dynamic UNS', 'larger'),
  told('vggTrainStepVsStock', 'the same of the VGG-like CNN', 'larger'),
  atMost(
    'trainStepVsTorch',
    2,
    'training step of `cnn-cifar`, batch 128, over PyTorch on the same GPU, TF32 off',
  ),
  told('nsnTrainStepVsTorch', 'the same of `nsn-cifar` with dynamic DNS'),
  told('nsnPlainTrainStepVsTorch', 'the same with the plain predictor'),
  atMost(
    'replayCpuVsEager',
    0.2,
    "the JavaScript thread's time for a replayed step of `nsn-cifar`, over an eager one",
  ),
];

/** Of the suite `operators`: each operator's names begin with its own. */
const operatorRatios: Readonly<Record<string, string>> = {
  ForwardVsConv: 'forward, over our direct convolution of the same size',
  TrainVsConv: 'forward and all gradients, over our direct convolution of the same size',
  ForwardVsComposed: 'forward, over its composition from stock ops',
  TrainVsComposed: 'forward and all gradients, over its composition from stock ops',
  MemoryVsConv: 'peak memory of forward and all gradients, over our direct convolution of the same size',
  MemoryVsComposed: 'peak memory of forward and all gradients, over its composition from stock ops',
};

/** An operator's name and which of its ratios this is. */
export function operatorRatio(name: string): readonly [operator: string, kind: string] | null {
  const found = /^(.+)((?:Forward|Train|Memory)Vs(?:Conv|Composed))$/.exec(name);
  return found ? [found[1] as string, found[2] as string] : null;
}

export const goalsOf = (suite: string): readonly Goal[] => (suite === 'webgpu' ? gpuGoals : goals);

/** @param suite two suites may have a ratio of one name. */
export function goalOf(name: string, suite = 'cpu'): Goal {
  const operator = suite === 'operators' ? operatorRatio(name) : null;
  if (operator) return told(name, `${operator[0]}: ${operatorRatios[operator[1]]}`);
  const workers = /^workers(\d+)Scaling$/.exec(name)?.[1];
  return (
    goalsOf(suite).find((goal) => goal.name === name) ??
    told(name, workers ? `throughput of ${workers} workers on one batch, over that of one` : '', 'larger')
  );
}

/** `≤ 0.40`, or nothing. */
export function goalText({ goal, better }: Goal): string {
  return goal === undefined ? '' : `${better === 'smaller' ? '≤' : '≥'} ${goal.toFixed(2)}`;
}

export function reached({ goal, better }: Goal, value: number): boolean {
  return goal === undefined || (better === 'smaller' ? value <= goal : value >= goal);
}
