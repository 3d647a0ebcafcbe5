/**
 * WGSL that loads operands of the products into registers and stages them, for a slice of the inner dimension. Names:
 * `values` what lies under the taps, `weights` W [K,C,F], `m`. A quad is four neighbours along the inner dimension or
 * along columns; each staged vector is one.
 */
import { each, share } from './product';
import { type Form, type Tile, threadsOf } from './tiles';

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
    let found = source(row${i}, tap);
    source${i} = found.pixel;
    ${form === 'diagonal' ? `if (found.pixel >= 0) { mix${i} = m[found.mix + tap]; }` : ''}
  }`;

/** One value, or vector, of the mixed source at (row i, tap, channel). */
function mixedAt(i: number, { form, isVector, hasWindow }: Gathered, tap: string, channel: string): string {
  const type = isVector ? 'vec4f' : 'f32';
  if (!hasWindow)
    return `if (source${i} >= 0 && ${tap} == 0u) { value = values[u32(source${i}) * depth + ${channel}]; }`;
  if (form !== 'full')
    return `
    let found = source(row${i}, ${tap});
    if (found.pixel >= 0) {
      value = values[u32(found.pixel) * depth + ${channel}]${form === 'diagonal' ? ` * m[found.mix + ${tap}]` : ''};
    }`;
  return `
    if (${tap} < TAPS) {
      var mixed = ${type}();
      for (var s = 0u; s < TAPS; s++) {
        let found = source(row${i}, s);
        if (found.pixel >= 0) {
          mixed += m[found.mix + ${tap} * TAPS + s] * values[u32(found.pixel) * depth + ${channel}];
        }
      }
      value = mixed;
    }`;
}

/** Loads the left operand at (tap, channel). */
export function gatherLoad(g: Gathered): string {
  const { tile: t, form, isVector, hasWindow } = g;
  return share(t, itemsOf(t), (i) => {
    if (!isVector)
      return `{
      var at = tap; var c = channel; left${i} = vec4f();
      ${each(
        4,
        (e) => `{
        var value = 0.0;
        ${mixedAt(i, g, 'at', 'c')}
        left${i}[${e}] = value;
        c++; if (c == depth) { c = 0u; at++; }
      }`,
      )}
    }`;
    if (form === 'full')
      return `{ var value = vec4f(); ${mixedAt(i, g, 'tap', 'channel')} left${i} = value; }`;
    const isInside = hasWindow ? '' : ' && tap == 0u';
    return `left${i} = vec4f();
    if (source${i} >= 0${isInside}) { left${i} = values[u32(source${i}) * depth + channel]${form === 'diagonal' ? ` * mix${i}` : ''}; }`;
  });
}

/** Moves on to the next slice. */
export function gatherAdvance({ tile: t, form, isVector, hasWindow }: Gathered): string {
  const looksUp = hasWindow && isVector && form !== 'full';
  return `
  {
    channel += u.stepChannel;
    var moved = u.stepTap;
    if (channel >= depth) { channel -= depth; moved++; }
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
    right${i} = vec4f();
    if (inner < ${end}) {
      ${
        isVector
          ? `if (column < u.columns) { right${i} = ${name}[(inner * u.columns + column) / 4u]; }`
          : each(
              4,
              (e) =>
                `if (column + ${e}u < u.columns) { right${i}[${e}] = ${name}[inner * u.columns + column + ${e}u]; }`,
            )
      }
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
  const taps = onlyTap ? '1u' : 'TAPS';
  const tapOf = (tap: string) => onlyTap ?? tap;
  return share(
    t,
    acrossItems(t),
    (i, item) => `{
    let column = columnBase + ${item} / ${quadsOf(t)}u * 4u;
    ${each(4, (e) => `right${i}_${e} = vec4f();`)}
    ${
      isVector
        ? `if (tap < ${taps}) {
      let at = ${tapOf('tap')} * u.columns + column;
      ${each(4, (e) => `if (column + ${e}u < u.columns) { right${i}_${e} = weights[(at + ${e}u) * depth + channel]; }`)}
    }`
        : `var at = tap; var c = channel;
    ${each(
      4,
      (e) => `
      if (at < ${taps}) {
        let first = ${tapOf('at')} * u.columns + column;
        ${each(4, (n) => `if (column + ${n}u < u.columns) { right${i}_${n}[${e}] = weights[(first + ${n}u) * depth + c]; }`)}
      }
      c++; if (c == depth) { c = 0u; at++; }`,
    )}`
    }
  }`,
  );
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
