// Drawings: SVG whose shapes have a title each, and whose numbers stand in a table as well.

/** Keep a drawing as wide as its place: its letters stay as large as those around it. */
function fitted(draw) {
  const place = element("div.chart");
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now < 40 || now === width) return;
    width = now;
    place.replaceChildren(draw(width));
  }).observe(place);
  return place;
}

function drawing(width, height, label, ...children) {
  return drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label }, ...children);
}

function box(x, y, width, height, tone, title) {
  const shape = drawn("rect", { x, y, width: Math.max(width, 1), height, class: tone, rx: 1 });
  if (title) shape.append(drawn("title", null, title));
  return shape;
}

function label(x, y, text, anchor = "start") {
  return drawn("text", { x, y, "text-anchor": anchor }, text);
}

// ---- how durations are spread

const BOUNDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300];

function spread(seconds) {
  const counts = new Array(BOUNDS.length + 1).fill(0);
  for (const one of seconds) {
    const place = BOUNDS.findIndex((bound) => one < bound);
    counts[place < 0 ? BOUNDS.length : place]++;
  }
  let first = counts.findIndex(Boolean);
  let last = counts.length - 1;
  while (last > 0 && !counts[last]) last--;
  if (first < 0) first = last = 0;
  return counts.slice(first, last + 1).map((count, index) => ({ count, said: rangeOf(first + index), from: first + index }));
}

function rangeOf(place) {
  if (place === 0) return `under ${duration(BOUNDS[0])}`;
  if (place === BOUNDS.length) return `${shortly(BOUNDS[place - 1])} and longer`;
  return `${shortly(BOUNDS[place - 1])} to ${shortly(BOUNDS[place])}`;
}

function shortly(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 60 ? `${seconds} s` : duration(seconds);
}

function spreadChart(buckets) {
  const most = Math.max(...buckets.map(({ count }) => count), 1);
  const height = 22 * buckets.length;
  const left = 126;
  return fitted((width) => {
    const room = width - left - 64;
    const parts = buckets.flatMap(({ count, said }, index) => [
      label(left - 10, index * 22 + 15, said, "end"),
      box(left, index * 22 + 4, count ? Math.max((count / most) * room, 2) : 0.5, 14, count ? "accent" : "calm", `${said}: ${counted(count, "test")}`),
      label(left + 8 + (count / most) * room, index * 22 + 15, number(count)),
    ]);
    return drawing(width, height, "How many tests took how long", ...parts);
  });
}

// ---- the last runs

const STACK = [
  ["bad", (run) => run.failed + run.errors + run.not_collected, "failed"],
  ["odd", (run) => run.not_run + run.xpassed, "not run or xpassed"],
  ["calm", (run) => run.skipped + run.xfailed, "skipped or xfailed"],
  ["good", (run) => run.passed, "passed"],
];

function trendChart(runs) {
  const height = 150;
  const floor = height - 26;
  const most = Math.max(...runs.map((run) => STACK.reduce((sum, [, of]) => sum + of(run), 0)), 1);
  return fitted((width) => {
    const step = Math.min(width / runs.length, 56);
    const thick = Math.max(step * 0.72, 1);
    const parts = runs.flatMap((run, index) => {
      let top = floor;
      const x = index * step + (step - thick) / 2;
      return STACK.map(([tone, of, word]) => {
        const count = of(run);
        if (!count) return null;
        const tall = Math.max((count / most) * (floor - 18), 2);
        top -= tall;
        return box(x, top, thick, Math.max(tall - 0.5, 1.5), tone, `${moment(run.at)}: ${number(count)} ${word}`);
      }).filter(Boolean);
    });
    const last = (runs.length - 0.5) * step;
    return drawing(
      width,
      height,
      `Results of the last ${counted(runs.length, "run")}, oldest first`,
      drawn("line", { x1: 0, x2: width, y1: floor + 0.5, y2: floor + 0.5, class: "axis" }),
      label(0, 10, number(most)),
      ...parts,
      drawn("circle", { cx: last, cy: height - 14, r: 2.5, class: "accent" }),
      last > 260 ? label(0, height - 10, moment(runs[0].at).slice(0, 10)) : null,
      last + 70 > width ? label(last - 8, height - 10, "this run", "end") : label(last + 8, height - 10, "this run"),
    );
  });
}
