// The report's style sheet: light and dark, no font or file from elsewhere.

import { above, below } from './colors';

/**
 * What the view of M and D needs of a page, whose own variables are --ink, --soft, --line and --accent. Also the page's
 * that shows it while it trains.
 */
export const viewStyle = `
:root { --above: rgb(${above.join(' ')}); --below: rgb(${below.join(' ')}); }
.layers { display: flex; flex-wrap: wrap; gap: 8px 32px; margin-top: 4px; }
.pair { display: flex; flex-wrap: wrap; gap: 14px; }
.pair small { display: block; }
.layers h3 { margin-top: 12px; }
.layers { --map: 72px; }
.layers.few { --map: 104px; }
.taps { display: grid; grid-template-columns: repeat(var(--columns), var(--map)); gap: 4px; }
.map { position: relative; width: var(--map); height: var(--map); background: #000; overflow: hidden; border-radius: 3px; }
.map img { position: absolute; inset: 0; width: 100%; height: 100%; image-rendering: pixelated; }
.map .under { position: absolute; inset: 0; opacity: 0.35; background: var(--sample) 0 0 / 100% 100%; image-rendering: pixelated; }
.frame { position: relative; width: var(--width, 168px); aspect-ratio: 1; overflow: hidden; background: #000; border-radius: 3px; }
.frame + small { display: block; max-width: 34ch; margin-top: 4px; }
.places { position: absolute; background: #444 var(--sample, none) 0 0 / 100% 100%; image-rendering: pixelated; }
.places svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; filter: drop-shadow(0 0 1px #000); }
.places .lattice { fill: none; stroke: #fff; stroke-width: 1.2; }
.places line { stroke: #fff; stroke-width: 1; }
.places .reads { stroke: #fff; stroke-width: 1; }
.sample { width: 92px; height: 92px; image-rendering: pixelated; border-radius: 3px; display: block; }
.color-key { display: flex; margin-top: 4px; align-items: center; gap: 8px; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
.ramp { width: 96px; height: 10px; border-radius: 5px; border: 1px solid var(--line); background: linear-gradient(to right, var(--below), transparent, var(--above)); }
.ramp.image { background: linear-gradient(to right, var(--below), #000, var(--above)); }
.bar { display: inline-block; height: 10px; min-width: 1px; border-radius: 0 4px 4px 0; background: var(--accent); margin-right: 8px; vertical-align: baseline; }
.cells { max-width: none; display: block; font: 10px system-ui, sans-serif; text-anchor: middle; }
.cells rect { stroke: var(--line); stroke-width: 0.75; }
.cells text { fill: var(--ink); }
.cells .axis, .cells .axis-name { fill: var(--soft); font-size: 10px; }
.cells .axis { text-anchor: end; font-size: 9px; font-variant-numeric: tabular-nums; }
.pairs { margin: 0; }
.pairs img { display: block; max-width: 100%; image-rendering: pixelated; border: 1px solid var(--line); }
`;

export const style = `
:root {
  color-scheme: light dark;
  --page: #f7f7f5; --card: #ffffff; --ink: #1d1d1b; --soft: #62625d; --line: #e3e3de; --accent: #2a78d6;
  --series-1: #62625d; --series-2: #2a78d6; --series-3: #e0602a; --series-4: #15936a; --series-5: #8a5bd0; --series-6: #b98a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #161615; --card: #1f1f1e; --ink: #ececea; --soft: #a3a39d; --line: #383836; --accent: #5aa0f2;
    --series-1: #a9a9a3; --series-2: #4f9af0; --series-3: #f0834d; --series-4: #2fb98b; --series-5: #ab86ea; --series-6: #d9ab2c;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 40px 24px 72px; }
header { margin-bottom: 28px; }
h1 { margin: 0 0 6px; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 0 0 4px; font-size: 18px; }
h3 { margin: 22px 0 8px; font-size: 14px; }
p { margin: 0 0 12px; max-width: 92ch; }
.soft, small { color: var(--soft); }
section { margin: 0 0 20px; padding: 22px 24px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 22px; color: var(--soft); }
.facts b { color: var(--ink); font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 9px; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: normal; vertical-align: bottom; line-height: 1.3; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
.right { text-align: right; }
.best { font-weight: 700; }
.chips { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 10px 0; }
.chip, td.name { font-weight: 600; }
.dot { display: inline-block; width: 10px; height: 10px; border-radius: 50%; margin-right: 8px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 16px 32px; }
figure { margin: 0; }
figcaption { font-weight: 600; margin-bottom: 4px; }
figcaption small { font-weight: 400; margin-left: 6px; }
svg text { fill: var(--soft); }
${viewStyle}code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: 8px 0 0; padding: 12px 14px; overflow-x: auto; background: var(--page); border: 1px solid var(--line); border-radius: 8px; }
pre.command { white-space: pre-wrap; overflow-wrap: anywhere; }
pre.command span { display: inline-block; max-width: 100%; }
summary { cursor: pointer; padding: 4px 0; }
.note { margin: 8px 0 0; max-width: 60ch; }
.notes { margin: 12px 0 0; padding-left: 18px; color: var(--soft); }
.side { display: flex; flex-wrap: wrap; gap: 8px 48px; align-items: flex-start; }
.side > div { min-width: 0; max-width: 100%; }
.side > .classes { flex: 1 1 380px; }
.side h3 { margin-top: 8px; }
.side td:not(.right) { white-space: normal; overflow-wrap: anywhere; }
.classes td, .classes th { padding-top: 5px; padding-bottom: 5px; }
.track { display: inline-block; width: 92px; margin-right: 8px; background: var(--page); border-radius: 0 4px 4px 0; }
.track .bar { margin: 0; display: block; }
.confusion .axis { text-anchor: end; fill: var(--soft); }
.confusion { font-size: 11px; }
.confusion-map { width: min(420px, 100%); aspect-ratio: 1; image-rendering: pixelated; border: 1px solid var(--line); display: block; }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 18px 14px; margin-top: 8px; }
.mistake img { width: 96px; height: 96px; object-fit: contain; image-rendering: pixelated; background: #000; border-radius: 3px; display: block; }
.mistake figcaption { font-weight: 400; margin-top: 4px; font-size: 13px; line-height: 1.35; overflow-wrap: anywhere; }
.mistake figcaption > * { display: block; margin: 0; }
.wide { min-width: 220px; width: 40%; }
.scale { position: relative; display: block; height: 18px; border-left: 1px solid var(--line); }
.reach { position: absolute; top: 5px; height: 8px; min-width: 2px; border-radius: 4px; opacity: 0.35; }
.seed { position: absolute; top: 4px; width: 10px; height: 10px; margin-left: -5px; border-radius: 50%; border: 2px solid var(--card); }
td.words { white-space: normal; min-width: 220px; }
.missing { padding-left: 12px; border-left: 4px solid var(--above); }
.empty { color: var(--soft); font-style: italic; }
`;
