/**
 * WGSL that loads operands of the products into registers and stages them, for a slice of the inner dimension. Names:
 * `values` what lies under the taps, `weights` W [K,C,F], `m`. A quad is four neighbours along the inner dimension or
 * along columns; each staged vector is one.
 */
import { each, share } from './product';
import type { Tile } from './tile';
import { type Form, threadsOf } from './tiles';

/** Left operand whose rows are positions or pixels, inner dimension (tap, channel of the source). */
export interface Gathered {
  readonly tile: Tile;
  readonly form: Form;
  /** `values` holds vectors: its channels are a multiple of 4. */
  readonly isVector: boolean;
  /** Rows read under a window; without one a row reads its own pixel. */
  readonly hasWindow: boolean;
}

const quadsOf = (t: Tile) => t.tileK / 4;
const itemsOf = (t: Tile) => t.tileM * quadsOf(t);

/** The invocation's place in the inner dimension, and the rows it loads. */
export function gatherBegin({ tile: t, form, isVector, hasWindow }: Gathered): string {
  const apart = threadsOf(t) / quadsOf(t);
  const depth = isVector ? 'u.depth / 4u' : 'u.depth';
  const rows = share(t, itemsOf(t), (i) => {
    const row = `rowBase + lid / ${quadsOf(t)}u + ${i * apart}u`;
    if (!hasWindow) return `source${i} = select(-1, i32(${row}), ${row} < u.rows);`;
    return `row${i} = rowAt(${row});${form === 'full' || !isVector ? '' : lookUp(i, form)}`;
  });
  const count = Math.ceil(itemsOf(t) / threadsOf(t));
  return `
  let depth = ${depth};
  let innerQuad = lid % ${quadsOf(t)}u;
  var tap = (innerQuad${isVector ? '' : ' * 4u'}) / depth;
  var channel = (innerQuad${isVector ? '' : ' * 4u'}) % depth;
  ${each(count, (i) => `${hasWindow ? `var row${i} = Row();` : ''} var source${i} = -1; var mix${i} = 1.0; var left${i} = vec4f();`)}
  ${rows}`;
}

/** What the tap reads in row i, and its m. */
const lookUp = (i: number, form: Form) => `
  {
    let found = source(row${i}, placeOf(tap));
    source${i} = found.pixel;
    ${form === 'diagonal' ? `mix${i} = m[select(0u, found.mix + tap, found.pixel >= 0)];` : ''}
  }`;

/**
 * WGSL: the value, or vector, of `buffer` at `index`, or 0 where it is not `inside`. Nothing branches, and conditions are
 * joined by `&` (`&&` is a branch too): compilers keep such loads together, and programs small.
 */
export const readIf = (buffer: string, index: string, inside: string, isVector: boolean) =>
  `select(${isVector ? 'vec4f()' : '0.0'}, ${buffer}[select(0u, ${index}, ${inside})], ${inside})`;

/** A value of a mixed row: what is set, and where in the window and the channels it lies. */
export interface Mixed {
  readonly target: string;
  readonly tap: string;
  readonly place: string;
  /** WGSL: index in `values` of a pixel's value. */
  readonly at: (pixel: string) => string;
}

/** WGSL: sets values, or vectors, of one row, which each m has weighted. */
export function mixRow(row: string, form: Form, isVector: boolean, values: readonly Mixed[]): string {
  const zero = isVector ? 'vec4f()' : '0.0';
  const read = ({ at }: Mixed) => readIf('values', at('u32(found.pixel)'), 'found.pixel >= 0', isVector);
  if (form !== 'full')
    return values
      .map((value) => {
        const weight = readIf('m', `found.mix + ${value.tap}`, 'found.pixel >= 0', false);
        return `{
          let found = source(${row}, ${value.place});
          ${value.target} = ${read(value)}${form === 'diagonal' ? ` * ${weight}` : ''};
        }`;
      })
      .join('\n');
  const weight = ({ tap }: Mixed) =>
    readIf('m', `found.mix + ${tap} * u.taps + s`, `(found.pixel >= 0) & (${tap} < u.taps)`, false);
  return `{
    ${values.map((_, e) => `var total${e} = ${zero};`).join(' ')}
    var line = 0u;
    // Lines and columns, not taps: a division for each tap costs more than the sum.
    for (var s = 0u; s < u.taps;) {
      for (var column = 0u; column < u.kernelWidth; column++) {
        let found = source(${row}, placeAt(line, column));
        ${values.map((value, e) => `total${e} += ${weight(value)} * ${read(value)};`).join('\n')}
        s++;
      }
      line++;
    }
    ${values.map(({ target }, e) => `${target} = total${e};`).join(' ')}
  }`;
}

/** WGSL: `tap<e>`, `channel<e>` of the four values that follow (tap, channel). */
const FOUR_VALUES = [
  'let tap0 = tap; let channel0 = channel;',
  ...[1, 2, 3].map(
    (e) => `let isNext${e} = channel${e - 1} + 1u == depth;
    let tap${e} = tap${e - 1} + select(0u, 1u, isNext${e});
    let channel${e} = select(channel${e - 1} + 1u, 0u, isNext${e});`,
  ),
].join('\n');

/** WGSL: what loading a slice of either operand begins with. @param places whether taps' places are asked for. */
export const sliceBegin = (isVector: boolean, places: boolean) =>
  isVector
    ? 'let place = placeOf(tap);'
    : `${FOUR_VALUES}\n${places ? each(4, (e) => `let place${e} = placeOf(tap${e});`) : ''}`;

/** Loads the left operand at (tap, channel), after `sliceBegin`. */
export function gatherLoad({ tile: t, form, isVector, hasWindow }: Gathered): string {
  return share(t, itemsOf(t), (i) => {
    const own = (tap: string) => `(source${i} >= 0)${hasWindow ? '' : ` & (${tap} == 0u)`}`;
    const one = (e: number | '') => ({
      target: `left${i}${e === '' ? '' : `[${e}]`}`,
      tap: `tap${e}`,
      place: `place${e}`,
      at: (pixel: string) => `${pixel} * depth + channel${e}`,
    });
    const values = isVector ? [one('')] : [0, 1, 2, 3].map(one);
    if (isVector && hasWindow && form !== 'full')
      return `left${i} = ${readIf('values', one('').at(`u32(source${i})`), own('tap'), true)}${form === 'diagonal' ? ` * mix${i}` : ''};`;
    if (hasWindow) return mixRow(`row${i}`, form, isVector, values);
    return values
      .map(
        ({ target, tap, at }) =>
          `${target} = ${readIf('values', at(`u32(source${i})`), own(tap), isVector)};`,
      )
      .join('\n');
  });
}

/** Moves on to the next slice. */
export function gatherAdvance({ tile: t, form, isVector, hasWindow }: Gathered): string {
  const looksUp = hasWindow && isVector && form !== 'full';
  return `
  {
    channel += u.stepChannel;
    var moved = u.stepTap;
    moved += select(0u, 1u, channel >= depth);
    channel -= select(0u, depth, channel >= depth);
    tap += moved;
    ${looksUp ? `if (moved > 0u) { ${share(t, itemsOf(t), (i) => lookUp(i, form))} }` : ''}
  }`;
}

export const gatherStage = ({ tile: t }: Gathered) =>
  share(t, itemsOf(t), (i, item) => `tileA[${item}] = left${i};`);

/** Right operand that lies in memory as [inner, columns]: W, or dy with positions as inner dimension. */
export interface Plain {
  readonly tile: Tile;
  readonly name: string;
  readonly isVector: boolean;
  /** WGSL: the row of the slice's first, and the end of all rows. */
  readonly first: string;
  readonly end: string;
}

const plainItems = (t: Tile) => (t.tileK * t.tileN) / 4;

export const plainBegin = ({ tile: t }: Plain) =>
  each(Math.ceil(plainItems(t) / threadsOf(t)), (i) => `var right${i} = vec4f();`);

export function plainLoad({ tile: t, name, isVector, first, end }: Plain): string {
  const width = t.tileN / 4;
  return share(
    t,
    plainItems(t),
    (i, item) => `{
    let inner = ${first} + ${item} / ${width}u;
    let column = columnBase + ${item} % ${width}u * 4u;
    let at = inner * u.columns + column;
    ${
      isVector
        ? `right${i} = ${readIf(name, 'at / 4u', `(inner < ${end}) & (column < u.columns)`, true)};`
        : each(
            4,
            (e) =>
              `right${i}[${e}] = ${readIf(name, `at + ${e}u`, `(inner < ${end}) & (column + ${e}u < u.columns)`, false)};`,
          )
    }
  }`,
  );
}

export const plainStage = ({ tile: t }: Plain) =>
  share(t, plainItems(t), (i, item) => `tileB[${item}] = right${i};`);

/**
 * Right operand W read across: inner dimension (tap, filter), columns are channels. Four vectors along filters become
 * four along channels in registers. It shares tap and channel (here a filter) with a gathered left operand.
 */
export interface Across {
  readonly tile: Tile;
  readonly isVector: boolean;
  /** WGSL: the one tap of W that is read; without it the inner dimension goes through all taps. */
  readonly onlyTap?: string;
}

const acrossItems = (t: Tile) => (quadsOf(t) * t.tileN) / 4;

export const acrossBegin = ({ tile: t }: Across) =>
  each(Math.ceil(acrossItems(t) / threadsOf(t)), (i) => each(4, (e) => `var right${i}_${e} = vec4f();`));

export function acrossLoad({ tile: t, isVector, onlyTap }: Across): string {
  const taps = onlyTap ? '1u' : 'u.taps';
  return share(t, acrossItems(t), (i, item) => {
    const read = (tap: string, channel: string, n: number) =>
      readIf(
        'weights',
        `(${onlyTap ?? tap} * u.columns + column + ${n}u) * depth + ${channel}`,
        `(${tap} < ${taps}) & (column + ${n}u < u.columns)`,
        isVector,
      );
    return `{
    let column = columnBase + ${item} / ${quadsOf(t)}u * 4u;
    ${
      isVector
        ? each(4, (n) => `right${i}_${n} = ${read('tap', 'channel', n)};`)
        : each(4, (e) => each(4, (n) => `right${i}_${n}[${e}] = ${read(`tap${e}`, `channel${e}`, n)};`))
    }
  }`;
  });
}

export const acrossStage = ({ tile: t }: Across) =>
  share(
    t,
    acrossItems(t),
    (i, item) => `{
    let at = (${item} % ${quadsOf(t)}u) * ${t.tileN}u + ${item} / ${quadsOf(t)}u;
    ${each(4, (e) => `tileB[at + ${(e * t.tileN) / 4}u] = vec4f(${[0, 1, 2, 3].map((n) => `right${i}_${n}.${'xyzw'[e]}`).join(', ')});`)}
  }`,
  );
