/**
 * Geometry as the programs see it: uniforms that all of them share, so that one variant serves many shapes, and WGSL
 * functions that tell where a tap reads.
 */
import type { Geometry } from '@neusim/core';
import type { Scalar } from '../../engine/program';
import type { Form } from './tiles';

/** Uniforms of every program of a convolution. */
export const UNIFORMS = {
  // The product, and the tiles that it is cut into.
  rows: 'u32',
  columns: 'u32',
  rowTiles: 'u32',
  columnTiles: 'u32',
  /** Slices of the inner dimension. */
  slices: 'u32',
  taps: 'u32',
  kernelWidth: 'u32',
  /** Channels of what is read under the taps: C, or F for the gradient of x. */
  depth: 'u32',
  /** How far tap and channel move from one slice to the next. */
  stepTap: 'u32',
  stepChannel: 'u32',
  channels: 'u32',
  filters: 'u32',
  height: 'u32',
  width: 'u32',
  outHeight: 'u32',
  outWidth: 'u32',
  strideY: 'u32',
  strideX: 'u32',
  dilationY: 'u32',
  dilationX: 'u32',
  padTop: 'i32',
  padLeft: 'i32',
  // Floats of m from one image, row and column to the next; 0 along an axis that is broadcast.
  mixBatch: 'u32',
  mixRow: 'u32',
  mixColumn: 'u32',
  /** B·H'·W'. */
  positions: 'u32',
  /** Positions of one split. */
  run: 'u32',
} as const satisfies Readonly<Record<string, Scalar>>;

export type Uniforms = { readonly [N in keyof typeof UNIFORMS]: number };

/** How a kernel's m is laid out. */
export interface Mix {
  readonly form: Form;
  readonly strides: readonly [number, number, number];
}

export const NO_MIX: Mix = { form: 'none', strides: [0, 0, 0] };

/** @param shape [B|1,H'|1,W'|1,K] or [B|1,H'|1,W'|1,K,K]. */
export function mixOf(shape: readonly number[]): Mix {
  const [batch, height, width, ...taps] = shape as [number, number, number, ...number[]];
  const values = taps.reduce((product, size) => product * size, 1);
  const stride = (size: number, floats: number) => (size === 1 ? 0 : floats);
  return {
    form: taps.length === 2 ? 'full' : 'diagonal',
    strides: [stride(batch, height * width * values), stride(height, width * values), stride(width, values)],
  };
}

/** The uniforms that depend on the geometry and m alone; the product's own are still 0. */
export function geometryUniforms(g: Geometry, batch: number, filters: number, { strides }: Mix): Uniforms {
  return {
    rows: 0,
    columns: 0,
    rowTiles: 0,
    columnTiles: 0,
    slices: 0,
    taps: g.taps,
    kernelWidth: g.kernelWidth,
    depth: 0,
    stepTap: 0,
    stepChannel: 0,
    channels: g.channels,
    filters,
    height: g.height,
    width: g.width,
    outHeight: g.outHeight,
    outWidth: g.outWidth,
    strideY: g.strides[0],
    strideX: g.strides[1],
    dilationY: g.dilations[0],
    dilationX: g.dilations[1],
    padTop: g.pad[0][0],
    padLeft: g.pad[1][0],
    mixBatch: strides[0],
    mixRow: strides[1],
    mixColumn: strides[2],
    positions: batch * g.outHeight * g.outWidth,
    run: 0,
  };
}

/** WGSL shared by both. @param sign of the way from a row's own place to what a tap reads. */
const common = (sign: '' | '-') => `
/** Far outside every map: what lies there reads nothing. */
const NOWHERE = -0x40000000;
/** A row of the product: the first pixel of its image, where its window begins, and its part of m. */
struct Row { image: u32, y: i32, x: i32, mix: u32 }
/** A tap's place in the window. */
struct Place { y: i32, x: i32 }
/** What a tap reads: a pixel, or -1 where there is none; and the part of m of its position. */
struct Source { pixel: i32, mix: u32 }
fn placeAt(line: u32, column: u32) -> Place {
  return Place(${sign}i32(line * u.dilationY), ${sign}i32(column * u.dilationX));
}
fn placeOf(tap: u32) -> Place {
  let place = placeAt(tap / u.kernelWidth, tap % u.kernelWidth);
  return Place(select(NOWHERE, place.y, tap < u.taps), place.x);
}`;

/** WGSL: rows of the product at a position of the output, and the pixel of the input that a tap reads there. */
export const forwardWindow = `${common('')}
fn rowWithin(inside: bool, image: u32, y: u32, x: u32) -> Row {
  return Row(
    image * u.height * u.width,
    select(NOWHERE, i32(y * u.strideY) - u.padTop, inside),
    i32(x * u.strideX) - u.padLeft,
    image * u.mixBatch + y * u.mixRow + x * u.mixColumn,
  );
}
fn rowAt(position: u32) -> Row {
  let line = position / u.outWidth;
  return rowWithin(position < u.positions, line / u.outHeight, line % u.outHeight, position % u.outWidth);
}
fn source(row: Row, place: Place) -> Source {
  // What is negative becomes large.
  let y = u32(row.y + place.y);
  let x = u32(row.x + place.x);
  let inside = (y < u.height) & (x < u.width);
  return Source(select(-1, i32(row.image + y * u.width + x), inside), row.mix);
}`;

/**
 * WGSL: rows of the product at a pixel of the input, and the position of the output whose tap reads it.
 * @param unitStrides whether both strides are 1: nothing is divided then.
 */
export const inputWindow = (unitStrides: boolean) => `${common('-')}
fn rowAt(pixel: u32) -> Row {
  let line = pixel / u.width;
  let image = line / u.height;
  return Row(
    image * u.outHeight * u.outWidth,
    select(NOWHERE, i32(line % u.height) + u.padTop, pixel < u.rows),
    i32(pixel % u.width) + u.padLeft,
    image * u.mixBatch,
  );
}
fn source(row: Row, place: Place) -> Source {
  let fromTop = u32(row.y + place.y);
  let fromLeft = u32(row.x + place.x);
  ${
    unitStrides
      ? `let y = fromTop;
  let x = fromLeft;
  let isRead = true;`
      : `let y = fromTop / u.strideY;
  let x = fromLeft / u.strideX;
  let isRead = (y * u.strideY == fromTop) & (x * u.strideX == fromLeft);`
  }
  let inside = isRead & (y < u.outHeight) & (x < u.outWidth);
  return Source(
    select(-1, i32(row.image + y * u.outWidth + x), inside),
    row.mix + y * u.mixRow + x * u.mixColumn,
  );
}`;
