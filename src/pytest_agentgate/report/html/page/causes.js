// Causes, the largest first: what is wrong, how widely, what to do, how to run just these tests.

const CAUSES_AT_FIRST = 25;

function causesSection(data, actions) {
  const body = element("div");
  const shown = element("span.quiet");
  const made = section("causes", ["Causes ", shown], body);
  let before = null;
  const show = (answer, asked) => {
    const all = data.causes.length;
    const now = [asked.cause, ...answer.causes.map(({ place }) => place)].join();
    if (now === before) return; // what a reader has opened stays open
    before = now;
    shown.textContent = answer.causes.length === all ? number(all) : `${number(answer.causes.length)} of ${number(all)}`;
    if (!all) body.replaceChildren(element("p.nothing", null, "Nothing failed, so there are no causes."));
    else if (!answer.causes.length) body.replaceChildren(element("p.nothing", null, "No cause answers this search."));
    else body.replaceChildren(...cards(answer.causes, asked));
  };
  const cards = (causes, asked) => {
    const list = element("ol.causes");
    const make = (cause) => causeItem(cause, data, actions, asked);
    return inChunks(list, causes, make, { first: CAUSES_AT_FIRST, word: "causes" });
  };
  return { made, show };
}

function causeItem(cause, data, actions, asked) {
  const id = `cause-${cause.place + 1}`;
  const title = element("h3", { id: `${id}-title` }, quoted(cause.title || cause.signature));
  return element(
    "li.cause",
    { id, tabindex: "-1", "aria-labelledby": `${id}-title` },
    element(
      "p.labels",
      null,
      element("span.kind", null, cause.kind),
      badge(cause.status, STATUS_TONES[cause.status] || "calm"),
      element("span.quiet", null, cause.extent),
    ),
    element("p.size", { title: "tests that failed for it, and what it kept from running" }, element("b", null, number(cause.size))),
    title,
    cause.at && element("p.at", null, code(cause.at)),
    cause.next && element("p.next", null, element("span.label", null, "Next"), quoted(cause.next, "span")),
    cause.lack && lackOf(cause.lack),
    cause.rerun && element("div.rerun", null, element("span.label", null, "Rerun"), command(cause.rerun)),
    element("div.folds", null, testsOf(cause, data, actions, asked), exemplarOf(cause, data)),
  );
}

/** What a connection failure lacks, and the lines of configuration that would provide it. */
function lackOf(lack) {
  return element(
    "div.lack",
    null,
    element("span.label", null, "Needs"),
    element(
      "div",
      null,
      element("p", null, quoted(lack.said, "span")),
      lack.why && element("p.quiet", null, quoted(lack.why, "span")),
      lack.lines && command(lack.lines),
      lack.command && command(lack.command),
    ),
  );
}

function testsOf(cause, data, actions, asked) {
  if (!cause.tests.length) return null;
  const make = () => {
    const list = element("ul.tests");
    const parts = inChunks(list, [...cause.tests], (name) => element("li", null, code(data.names[name])), { word: "tests" });
    const filter = element("button.link", { type: "button", onclick: () => actions.showCause(cause.place) }, "Show them among the results");
    return asked.cause === cause.place || !data.rows.count ? parts : [element("p", null, filter), ...parts];
  };
  const files = Array.from(cause.tests).every((name) => !data.names[name].includes("::"));
  return fold(counted(cause.tests.length, files ? "file" : "test"), make);
}

function exemplarOf(cause, data) {
  if (cause.text < 0) return null;
  const nodeid = cause.exemplar < 0 ? "the run itself" : data.names[cause.exemplar];
  const make = () => [
    element("p.quiet", null, code(nodeid), `, in ${cause.when}, `, code(cause.type)),
    printed(data.texts[cause.text]),
  ];
  return fold("One of them in full", make);
}
