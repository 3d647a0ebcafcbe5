// What the page of an inspection needs besides the report's style.

export const inspectionStyle = `
h4 { margin: 18px 0 6px; font-size: 13px; }
h4 small { font-weight: 400; }
details > summary > h2 { display: inline; }
details > summary { padding: 2px 0; }
.contents td, .contents th { padding-top: 5px; padding-bottom: 5px; }
.contents a { color: var(--accent); }
.contents .serves { color: var(--soft); padding-left: 18px; font-weight: 400; }
tfoot td { border-top: 1px solid var(--line); font-weight: 600; }
tfoot .part td { font-weight: 400; color: var(--soft); }
.options { max-width: none; overflow-wrap: anywhere; font-size: 13px; }
.options b { font-weight: 600; }
.viewer .side { gap: 0 44px; }
.viewer { --width: 220px; --map: 84px; }
.viewer .side small { max-width: 34ch; }
.pick { position: relative; cursor: crosshair; width: var(--width); aspect-ratio: var(--ratio, 1); background: #444 var(--sample, none) 0 0 / 100% 100%; image-rendering: pixelated; border-radius: 3px; }
.pick:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.marker { position: absolute; translate: -50% -50%; min-width: 8px; min-height: 8px; border: 2px solid #fff; outline: 1px solid #000; pointer-events: none; }
.spectra { display: flex; flex-wrap: wrap; gap: 12px 32px; align-items: flex-start; }
.spectra > figure { flex: 0 1 340px; min-width: 0; }
.spectra > .scroll { flex: 1 1 560px; min-width: 0; }
.spectra svg, .charts svg { max-width: 100%; height: auto; }
.contents td:nth-child(2) { white-space: normal; min-width: 150px; }
.viewer .map { cursor: crosshair; }
.viewer small { display: block; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.head { display: flex; flex-wrap: wrap; gap: 16px 28px; align-items: center; }
.head > div { flex: 1 1 400px; min-width: 0; }
.head figure { width: 132px; }
.head img { width: 132px; height: auto; image-rendering: pixelated; border-radius: 4px; display: block; }
.head figcaption { font-weight: 400; font-size: 13px; line-height: 1.35; }
@media (max-width: 600px) {
  main { padding: 24px 12px 48px; }
  section { padding: 16px 14px; }
  .viewer { --map: 26vw; }
}
`;
