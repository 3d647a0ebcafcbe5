/** The two packages of tfjs that hold libtensorflow, as engines: what they need of the machine. */

/** The last major version of Node with `util.isNullOrUndefined`, which tfjs-node 4 calls. */
export const LAST_NODE = 22;

/** A group of shared libraries that are installed together. */
export interface Libraries {
  /** What they belong to. */
  readonly name: string;
  readonly files: readonly string[];
  /** What to do where some are missing. */
  readonly advice: string;
}

export interface NativePackage {
  /** Name of the engine, and of the tfjs backend it registers. */
  readonly engine: string;
  readonly name: string;
  readonly gpu: boolean;
  readonly priority: number;
  /** Shared libraries that it loads at run time, by platform and architecture; a platform left out has no build. */
  readonly libraries: Readonly<Record<string, readonly Libraries[]>> | null;
}

export const cpuPackage: NativePackage = {
  engine: 'node',
  name: '@tensorflow/tfjs-node',
  gpu: false,
  priority: 25,
  libraries: null,
};

const path = (variable: string) => `, with its folder in ${variable}`;

export const gpuPackage: NativePackage = {
  engine: 'node-gpu',
  name: '@tensorflow/tfjs-node-gpu',
  gpu: true,
  priority: 40,
  libraries: {
    'linux-x64': [
      {
        name: 'NVIDIA driver',
        files: ['libcuda.so.1'],
        advice: 'install the NVIDIA driver (in a container: start it with the GPU)',
      },
      {
        name: 'CUDA 11.2',
        files: [
          'libcudart.so.11.0',
          'libcublas.so.11',
          'libcublasLt.so.11',
          'libcufft.so.10',
          'libcurand.so.10',
          'libcusolver.so.11',
          'libcusparse.so.11',
        ],
        advice: `install CUDA 11.2${path('LD_LIBRARY_PATH')}`,
      },
      {
        name: 'cuDNN 8.1',
        files: ['libcudnn.so.8'],
        advice: `install cuDNN 8.1 for CUDA 11${path('LD_LIBRARY_PATH')}`,
      },
    ],
    'win32-x64': [
      { name: 'NVIDIA driver', files: ['nvcuda.dll'], advice: 'install the NVIDIA driver' },
      {
        name: 'CUDA 11.2',
        files: [
          'cudart64_110.dll',
          'cublas64_11.dll',
          'cublasLt64_11.dll',
          'cufft64_10.dll',
          'curand64_10.dll',
          'cusolver64_11.dll',
          'cusparse64_11.dll',
        ],
        advice: `install CUDA 11.2${path('PATH')}`,
      },
      { name: 'cuDNN 8.1', files: ['cudnn64_8.dll'], advice: `install cuDNN 8.1 for CUDA 11${path('PATH')}` },
    ],
  },
};
