// Agents by phases, durations, and the last runs.

const SLOWEST = 15;

function table(caption, heads, rows) {
  const head = element("tr", null, heads.map(([title, kind]) => element(kind ? `th.${kind}` : "th", { scope: "col" }, title)));
  const body = rows.map((cells) =>
    element("tr", null, cells.map((cell, index) => element(heads[index][1] ? `td.${heads[index][1]}` : "td", null, cell))),
  );
  const made = element("table", null, element("caption.hidden", null, caption), element("thead", null, head), element("tbody", null, body));
  return element("div.wide", { tabindex: "0", role: "region", "aria-label": caption }, made);
}

function agentsSection({ agents, judgement }) {
  if (!agents.length) return null;
  const order = judgement ? judgement.phases.map(({ phase }) => phase) : []; // of the configuration, before any others
  const judged = new Set(agents.map(({ phase }) => phase));
  const phases = [...new Set([...order.filter((phase) => judged.has(phase)), ...judged])];
  const names = [...new Set(agents.map(({ agent }) => agent))];
  const heads = [["Phase"], ...names.map((agent) => [quoted(agent || "nobody named")])];
  const rows = phases.map((phase) => [
    quoted(phase),
    ...names.map((agent) => {
      const found = agents.find((one) => one.agent === agent && one.phase === phase);
      if (!found) return element("span.quiet", null, "not judged");
      const { word, tone } = stateOf(found.state);
      return [badge(word, tone), element("span.quiet.below", null, printable(moment(found.at)))];
    }),
  ]);
  return section("agents", "Agents by phases", table("What became of each phase when an agent's run was last judged", heads, rows));
}

function durationsSection({ rows }) {
  const last = new Map(); // a test counts by its last attempt, as everywhere
  for (let row = 0; row < rows.count; row++)
    if (!"cn".includes(rows.outcome[row])) last.set(rows.name[row], row);
  if (!last.size) return null;
  const every = [...last.values()];
  const slowest = every.slice().sort((one, other) => rows.ticks[other] - rows.ticks[one] || one - other).slice(0, SLOWEST);
  const most = Math.max(rows.ticks[slowest[0]], 1);
  const list = element("ol.slowest");
  for (const row of slowest) {
    const bar = element("span.length");
    bar.style.inlineSize = `${(rows.ticks[row] / most) * 100}%`;
    list.append(element("li", null, element("span.name", null, code(rows.names[rows.name[row]])), element("span.time", null, duration(rows.seconds(row))), element("div.track", { "aria-hidden": "true" }, bar)));
  }
  const buckets = spread(every.map(rows.seconds));
  const total = every.reduce((sum, row) => sum + rows.seconds(row), 0);
  return section(
    "durations",
    ["Durations ", element("span.quiet", null, `${duration(total)} in ${counted(every.length, "test")}`)],
    element(
      "div.pair",
      null,
      element("div", null, element("h3", null, "Slowest tests"), list),
      element("div", null, element("h3", null, "How many took how long"), spreadChart(buckets)),
    ),
  );
}

function trendSection({ trend }) {
  if (trend.length < 2) return null;
  const heads = [["Run"], ["Agent"], ["Status"], ["Tests", "figure"], ["Passed", "figure"], ["Failed", "figure"], ["Took", "figure"]];
  const rows = trend.map((run) => [
    [quoted(run.id), element("span.quiet.below", null, printable(moment(run.at)))],
    quoted(run.agent),
    run.status,
    number(run.total),
    number(run.passed),
    number(run.failed + run.errors + run.not_collected),
    run.seconds === null ? "" : duration(run.seconds),
  ]);
  const legend = element("ul.legend", { "aria-hidden": "true" }, STACK.map(([tone, , word]) => element(`li.${tone}`, null, word)));
  return section(
    "trend",
    ["Trend ", element("span.quiet", null, `last ${counted(trend.length, "run")}`)],
    legend,
    trendChart(trend),
    fold("The same as a table", () => table("The last runs", heads, rows.reverse())),
  );
}
