/** Every kernel of tfjs's backend `webgpu` that this package replaces or adds. */
import type { Override } from '../override';
import { seamConvolutions } from './conv/seam';
import { stockConvolutions } from './conv/stock';
import { seamReluGrad } from './relu';

export const kernels: readonly Override[] = [seamReluGrad, ...seamConvolutions, ...stockConvolutions];
