#include "report/html_style.h"

namespace tunewire {

// Every colour is named once for each ground. Curves and words in colour keep a contrast of 4.5 to
// 1 on it. Paper is light, whatever the screen is.
const std::string_view kHtmlStyle = R"css(
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1b1f24; --dim: #59626d; --line: #d5dae0; --faint: #ebeef1;
  --bad: #b42318; --good: #0a7a4b; --warn: #8a5a00; --band: #f7dfb8; --bandname: #7a4f00;
  --bar: #6b88a8; --hold: #c2410c; --wait: #2d6da8; --code: #f4f6f8;
  --c0: #c2410c; --c1: #0b67a3; --c2: #0a7a4b; --c3: #9b2f78; --c4: #7d5c00;
  --c5: #4a5563; --c6: #5b3fc4; --c7: #0f766e; --c8: #a3123f; --c9: #4d7c0f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --ink: #e6eaee; --dim: #9aa5b1; --line: #343c46; --faint: #232a31;
    --bad: #ff8577; --good: #4cd197; --warn: #f0b855; --band: #463611; --bandname: #f0c070;
    --bar: #6f93bb; --hold: #ff8a52; --wait: #62b0f4; --code: #1d232a;
    --c0: #ff8a52; --c1: #62b0f4; --c2: #4cd197; --c3: #f08cc8; --c4: #e0b84a;
    --c5: #aeb9c5; --c6: #b3a0ff; --c7: #4fd1c5; --c8: #ff8fa8; --c9: #a8d05a;
  }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #ffffff; --ink: #1b1f24; --dim: #59626d; --line: #d5dae0; --faint: #ebeef1;
    --bad: #b42318; --good: #0a7a4b; --warn: #8a5a00; --band: #f7dfb8; --bandname: #7a4f00;
    --bar: #6b88a8; --hold: #c2410c; --wait: #2d6da8; --code: #f4f6f8;
    --c0: #c2410c; --c1: #0b67a3; --c2: #0a7a4b; --c3: #9b2f78; --c4: #7d5c00;
    --c5: #4a5563; --c6: #5b3fc4; --c7: #0f766e; --c8: #a3123f; --c9: #4d7c0f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 28px 24px 40px; max-width: 860px; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
header { border-left: 5px solid var(--dim); padding: 2px 0 2px 16px; margin-bottom: 26px; }
header.good { border-color: var(--good); }
header.bad { border-color: var(--bad); }
header.warn { border-color: var(--warn); }
header .word { font-weight: 700; letter-spacing: .06em; color: var(--dim); }
header.good .word { color: var(--good); }
header.bad .word { color: var(--bad); }
header.warn .word { color: var(--warn); }
h1 { font-size: 25px; line-height: 1.25; margin: 2px 0 4px; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--dim); overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 30px 0 8px; }
p, li { overflow-wrap: anywhere; }
p { margin: 8px 0; }
ul { margin: 8px 0; padding-left: 22px; }
pre {
  background: var(--code); padding: 10px 14px; border-radius: 6px; overflow-x: auto;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
}
figure { margin: 10px 0 18px; }
figure .pictures { display: flex; flex-wrap: wrap; gap: 12px 16px; align-items: flex-start; }
figcaption { color: var(--dim); font-size: 14px; margin-top: 4px; }
svg { display: block; max-width: 100%; height: auto; }
.scroll { overflow-x: auto; margin: 10px 0 18px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px; }
caption { text-align: left; color: var(--dim); padding-bottom: 4px; }
th, td { padding: 4px 0 4px 22px; text-align: right; border-bottom: 1px solid var(--faint); }
th, td { white-space: nowrap; }
th:first-child, td:first-child {
  padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 8em;
}
th { border-bottom-color: var(--line); color: var(--dim); font-weight: 600; }
footer {
  margin-top: 34px; padding-top: 10px; border-top: 1px solid var(--line); color: var(--dim);
  font-size: 13px; overflow-wrap: anywhere;
}
svg text {
  font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink);
  font-variant-numeric: tabular-nums;
}
svg .tick { fill: var(--dim); }
svg .head { font-weight: 600; font-size: 13px; }
svg .dim { fill: var(--dim); }
svg .band { fill: var(--band); }
svg .bandname { fill: var(--bandname); }
svg .grid { stroke: var(--line); }
svg .faint { stroke: var(--faint); }
svg .axis { stroke: var(--dim); }
svg .curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
svg .curve.c0 { stroke-width: 2.6; }
svg .leader { stroke-width: 1; }
svg .bar { fill: var(--bar); }
svg .bar.stalled { fill: var(--hold); }
svg .brace { stroke-width: 3; }
svg line.stalled { stroke: var(--hold); }
svg text.stalled { fill: var(--hold); }
svg line.plain { stroke: var(--bar); }
svg .life { stroke: var(--dim); stroke-width: 1.5; }
svg .life.silent { stroke-dasharray: 2 5; }
svg .segment { stroke: var(--ink); stroke-width: 1.4; fill: none; }
svg .tip { fill: var(--ink); }
svg .ack.segment { stroke: var(--wait); }
svg .ack.tip, svg text.ack { fill: var(--wait); }
svg rect.hold { fill: var(--hold); }
svg text.hold { fill: var(--hold); font-weight: 600; }
svg rect.wait { fill: var(--wait); }
svg text.wait { fill: var(--wait); font-weight: 600; }
svg rect.sleep { fill: var(--line); stroke: var(--dim); }
svg .c0 { stroke: var(--c0); } svg text.c0 { fill: var(--c0); stroke: none; }
svg .c1 { stroke: var(--c1); } svg text.c1 { fill: var(--c1); stroke: none; }
svg .c2 { stroke: var(--c2); } svg text.c2 { fill: var(--c2); stroke: none; }
svg .c3 { stroke: var(--c3); } svg text.c3 { fill: var(--c3); stroke: none; }
svg .c4 { stroke: var(--c4); } svg text.c4 { fill: var(--c4); stroke: none; }
svg .c5 { stroke: var(--c5); } svg text.c5 { fill: var(--c5); stroke: none; }
svg .c6 { stroke: var(--c6); } svg text.c6 { fill: var(--c6); stroke: none; }
svg .c7 { stroke: var(--c7); } svg text.c7 { fill: var(--c7); stroke: none; }
svg .c8 { stroke: var(--c8); } svg text.c8 { fill: var(--c8); stroke: none; }
svg .c9 { stroke: var(--c9); } svg text.c9 { fill: var(--c9); stroke: none; }
@media screen and (max-width: 720px) {
  figure .pictures { overflow-x: auto; flex-wrap: nowrap; }
  figure .pictures svg { max-width: none; flex: none; }
}
@page { size: A4; margin: 15mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10.5pt; }
  h2 { break-after: avoid; }
  figure, table, pre, header { break-inside: avoid; }
  figure .pictures, .scroll { overflow: visible; }
  figure .pictures svg:not(:only-child) { width: 47%; }
}
)css";

}  // namespace tunewire
