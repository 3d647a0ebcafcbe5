// What the page of episodes has besides the style of all pages: a scale in percent, and rows that fold on a narrow screen.

export const style = `
h1, .facts span, .notes li { overflow-wrap: anywhere; }
/* Half a number lies beyond 0 and beyond 100. */
.percent { position: relative; display: block; margin: 0 12px; }
.percent.marks { height: 1.3em; }
.mark { position: absolute; top: 0; transform: translateX(-50%); }
.mark.line { top: -2px; bottom: -2px; border-left: 1px solid var(--line); }
.mark.line.chance { border-left: 1.5px dashed var(--soft); }
.histogram .chance { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 3 3; }
@media (max-width: 640px) {
  main { padding: 24px 10px 48px; }
  section { padding: 16px 14px; }
  th, td { padding: 6px 5px; }
  td { white-space: normal; overflow-wrap: anywhere; }
  td.right { white-space: nowrap; }
  .classes table { --figures: 3fr 2fr 2fr; }
  :is(.fold, .classes) tr { display: grid; grid-template-columns: var(--figures); border-bottom: 1px solid var(--line); }
  :is(.fold, .classes) :is(th, td) { border: 0; padding: 3px 0; text-align: left; }
  :is(.fold, .classes) :is(:first-child, .wide, .words):is(th, td) { grid-column: 1 / -1; min-width: 0; width: auto; }
  .track { width: 60px; }
  .cells { max-width: 100%; height: auto; }
}
`;
