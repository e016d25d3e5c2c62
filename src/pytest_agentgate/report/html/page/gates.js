// Gates by phase: the state, what was measured against what was wanted, and what broke it.

const ITEMS_AT_FIRST = 5;

function gatesSection({ judgement }) {
  if (!judgement) {
    const how = [element("code", null, "agentgate gate"), " judges a recorded run by the phases of the configuration."];
    return section("gates", "Gates", element("p.nothing", null, "Nobody judged this run. ", how));
  }
  const phases = judgement.phases.map(phaseItem);
  const count = element("span.quiet", null, counted(judgement.phases.length, "phase"));
  return section("gates", ["Gates ", count], aboutJudgement(judgement), element("ol.phases", null, phases));
}

function aboutJudgement(judgement) {
  const by = judgement.judge === "process" ? "Judged in the test process, which is advice" : "Judged from outside";
  const said = [`${by}, ${moment(judgement.at)}`];
  if (judgement.agent) said.push("; by ", quoted(judgement.agent));
  if (judgement.asked.length) said.push("; asked for ", quoted(judgement.asked.join(", ")));
  if (judgement.base) said.push("; base ", code(judgement.base), " ", code(judgement.base_commit));
  if (judgement.baseline) said.push("; new against run ", code(judgement.baseline));
  return [element("p.quiet", null, said, "."), notesOf(judgement.notes)];
}

function notesOf(notes) {
  return notes.length ? element("ul.notes", null, notes.map((note) => element("li", null, quoted(note)))) : null;
}

function phaseItem(phase, place) {
  const { word, tone } = stateOf(phase.state);
  const id = `phase-${place + 1}`;
  return element(
    "li.phase",
    { "aria-labelledby": id },
    element("h3", { id }, badge(word, tone), quoted(phase.phase)),
    phase.why && element("p", null, quoted(phase.why)),
    notesOf(phase.notes),
    phase.gates.length ? element("ul.gates", null, phase.gates.map(gateItem)) : null,
  );
}

function gateItem(gate) {
  const { word, tone } = stateOf(gate.state);
  const details = explained(gate);
  const measured = gate.measured === "" ? "not measured" : gate.measured;
  const head = [
    badge(word, tone),
    element("span.condition", null, code(gate.condition)),
    element(
      "span.values",
      null,
      element(gate.measured === "" ? "span.quiet" : "b", null, printable(measured)),
      gate.wanted ? element("span.quiet", null, ` wanted ${printable(gate.wanted)}`) : null,
    ),
  ];
  if (!details.length) return element("li.gate", null, element("div.row", null, head));
  return element("li.gate", null, fold(head, () => details, { open: gate.state !== "passed" }));
}

function explained(gate) {
  const facts = [];
  if (gate.sample !== null) facts.push(`measured over ${number(gate.sample)}`);
  if (gate.severity === "warn") facts.push("only warns");
  if (gate.owner) facts.push(`owner ${printable(gate.owner)}`);
  return [
    gate.why && element("p", null, quoted(gate.why)),
    facts.length ? element("p.quiet", null, facts.join("; ")) : null,
    gate.items.length || gate.more ? itemsOf(gate) : null,
    gate.raw && element("p", null, "Output: ", code(gate.raw)),
    gate.command && command(gate.command),
  ]
    .flat()
    .filter(Boolean);
}

/** The first few, the worst ones, are enough to begin with; the rest can be opened, and stands on paper. */
function itemsOf({ items, more }) {
  const shown = items.length > ITEMS_AT_FIRST + 1 ? items.slice(0, ITEMS_AT_FIRST) : items;
  const rest = items.slice(shown.length);
  const list = (some) => element("ul.items", null, some.map(itemOf));
  const folded = rest.length ? fold(`${number(rest.length)} more`, () => list(rest), { selector: "details.rest" }) : null;
  const left = more ? element("p.quiet", null, `and ${number(more)} that ${more === 1 ? "is" : "are"} not listed`) : null;
  return [list(shown), folded, left];
}

function itemOf([name, value, note]) {
  const said = [value && element("b", null, printable(value)), note && element("span.quiet", null, quoted(note))];
  return element("li", null, code(name), ...said.filter(Boolean).flatMap((one) => [" ", one]));
}
