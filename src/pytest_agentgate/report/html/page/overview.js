// The head of the page: what became of the run, in numbers, and where it came from.

const COUNTED = [
  ["failed", "failed", "bad"],
  ["errors", "errors", "bad"],
  ["not_collected", "not collected", "bad"],
  ["not_run", "not run", "odd"],
  ["xpassed", "xpassed", "odd"],
  ["skipped", "skipped", "calm"],
  ["xfailed", "xfailed", "calm"],
  ["passed", "passed", "good"],
];

function overview(data) {
  const { run } = data;
  const when = [moment(run.at), run.seconds === null ? "" : duration(run.seconds)].filter(Boolean).join(", ");
  return element(
    "header.overview",
    null,
    element("p.verdict", null, verdict(data), element("span.when", null, printable(when))),
    element("h1", null, printable(data.headline)),
    numbers(data),
    about(data),
  );
}

function verdict(data) {
  const { tone, word } = stateOf(data.state);
  if (data.judged) return badge(`gates ${word}`, tone);
  const said = { passed: "complete", failed: "failing", invalid: "incomplete" }[data.state];
  return [badge(said, tone), element("span.when", null, "not judged")];
}

function numbers({ run, tally }) {
  const there = COUNTED.filter(([key]) => run[key]);
  if (!there.length) return element("p", null, tally);
  const bar = element("div.proportions", { "aria-hidden": "true" });
  for (const [key, , tone] of there) {
    const part = element(`span.${tone}`);
    part.style.flexGrow = run[key];
    bar.append(part);
  }
  const list = element("ul.numbers", { "aria-label": "Results in numbers" });
  const tile = (value, word, tone) =>
    element(`li.${tone}`, null, element("b", null, number(value)), " ", element("span", null, word));
  list.append(tile(run.total, run.total === 1 ? "test" : "tests", "plain"));
  for (const [key, word, tone] of there) list.append(tile(run[key], word, tone));
  return [bar, list];
}

function about({ about }) {
  const list = element("dl.about");
  for (const [name, value] of about) list.append(element("div", null, element("dt", null, name), element("dd", null, quoted(value))));
  return list;
}
