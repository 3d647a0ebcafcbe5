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
.options code { overflow-wrap: anywhere; }
.options { max-width: none; }
.viewer .side { gap: 0 48px; }
.viewer { --width: 220px; --map: 84px; }
.viewer .places { margin-left: 12px; }
.pick { position: relative; cursor: crosshair; width: fit-content; }
.pick:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.pick > .marker { position: absolute; translate: -50% -50%; min-width: 8px; min-height: 8px; border: 2px solid #fff; outline: 1px solid #000; pointer-events: none; }
.pick > .places { margin: 0; }
.viewer .map { cursor: crosshair; }
.viewer small { display: block; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.head { display: flex; flex-wrap: wrap; gap: 16px 28px; align-items: center; }
.head figure { width: 132px; }
.head img { width: 132px; image-rendering: pixelated; border-radius: 4px; display: block; }
.head figcaption { font-weight: 400; font-size: 13px; line-height: 1.35; }
@media (max-width: 600px) {
  main { padding: 24px 12px 48px; }
  section { padding: 16px 14px; }
  .viewer { --map: 26vw; }
}
`;
