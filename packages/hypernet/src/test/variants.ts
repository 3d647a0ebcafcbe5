/** Which of the odd shapes WebGPU is tried on: CI's software adapter takes a second or more for each. */
import { type LayerVariant, layerVariants } from '@neusim/testing';

export const onWebgpu = (inputShape: readonly number[]): LayerVariant[] =>
  layerVariants(inputShape).filter(({ name }) => /batch [01]|3x2 stride|stride 2x1 dil/.test(name));
