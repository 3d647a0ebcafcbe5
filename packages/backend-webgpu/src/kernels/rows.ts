/**
 * Programs over the last axis of [rows, length]: a row is shared by as many lanes as it is long, up to a workgroup,
 * and short rows share a workgroup. Lanes meet in workgroup memory, always in the same order.
 */
import { WORKGROUP } from './flat';

/** Elements of a row that a lane takes, where the row is short enough. */
const PER_LANE = 4;

/** Lanes that share a row: a power of two. */
export function lanesOf(length: number): number {
  return Math.min(WORKGROUP, 2 ** Math.ceil(Math.log2(Math.max(1, length / PER_LANE))));
}

/** Rows of a workgroup. */
export const rowsOf = (lanes: number) => WORKGROUP / lanes;

/**
 * WGSL of `rowSum(value)` and `rowMax(value)`: what the lanes of the invocation's row give together, told to all of
 * them. Every invocation of the workgroup must call them.
 */
export function rowFunctions(lanes: number, type: 'f32' | 'i32' = 'f32'): string {
  const meet = (name: string, join: (a: string, b: string) => string) => `
fn ${name}(value: ${type}, local: u32) -> ${type} {
  ${lanes === 1 ? 'return value;' : meeting(lanes, join)}
}`;
  return `const LANES = ${lanes}u;
const ROWS = ${rowsOf(lanes)}u;
var<workgroup> met: array<${type}, ${WORKGROUP}>;
${meet('rowSum', (a, b) => `${a} + ${b}`)}
${meet('rowMax', (a, b) => `max(${a}, ${b})`)}`;
}

/** Some lanes take the values of others, then the first takes theirs: few barriers. */
function meeting(lanes: number, join: (a: string, b: string) => string): string {
  const takers = lanes > 8 ? 2 ** Math.ceil(Math.log2(lanes) / 2) : 1;
  const round = (givers: number, takers: number) => `
  if (lane < ${takers}u) {
    var all = met[local];
    for (var giver = lane + ${takers}u; giver < ${givers}u; giver += ${takers}u) {
      all = ${join('all', 'met[local + giver - lane]')};
    }
    met[local] = all;
  }
  workgroupBarrier();`;
  return `let lane = local % LANES;
  workgroupBarrier();
  met[local] = value;
  workgroupBarrier();
  ${takers === 1 ? round(lanes, 1) : round(lanes, takers) + round(takers, 1)}
  return met[local - lane];`;
}
