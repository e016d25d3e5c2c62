// Results by file. A file's rows are made when it is opened; files are shown a part at a time.

const FILES_AT_FIRST = 40;
const ROWS_AT_FIRST = 100;
const OPEN_AT_ONCE = 60; // rows of an answer that are shown without a click

function resultsSection(data, actions) {
  const body = element("div");
  const shown = element("span.quiet");
  const made = section("results", ["Results by file ", shown], body);
  const files = data.files.map((file) => ({ ...file, failing: file.rows.filter((row) => fails(data.rows, row)).length }));
  files.sort((one, other) => Math.sign(other.failing) - Math.sign(one.failing)); // stable: else as they are
  const show = (answer, asked) => {
    const all = data.rows.count;
    shown.textContent = answer.found === all ? number(all) : `${number(answer.found)} of ${number(all)}`;
    if (!all) return body.replaceChildren(element("p.nothing", null, "There are no results of single tests."));
    if (!answer.found) return body.replaceChildren(element("p.nothing", null, "No result answers this search."));
    const narrowed = answer.found < all;
    const left = narrowed ? files.map((file) => ({ ...file, rows: file.rows.filter((row) => answer.flags[row]) })) : files;
    let open = narrowed ? OPEN_AT_ONCE : 0;
    const list = element("div.files");
    const make = (file) => {
      const opened = open > 0;
      open -= file.rows.length;
      return fileItem(file, data, actions, opened);
    };
    const there = left.filter((file) => file.rows.length);
    return body.replaceChildren(...inChunks(list, there, make, { first: FILES_AT_FIRST, word: "files" }));
  };
  return { made, show };
}

function fails(rows, row) {
  return FAILING.includes(rows.outcome[row]);
}

function fileItem(file, data, actions, open) {
  const { rows } = data;
  const numbers = new Map();
  let ticks = 0;
  for (const row of file.rows) {
    numbers.set(rows.outcome[row], (numbers.get(rows.outcome[row]) || 0) + 1);
    ticks += rows.ticks[row];
  }
  const said = Object.keys(OUTCOMES).filter((letter) => numbers.has(letter));
  const head = [
    element("span.path", null, code(file.path)),
    element(
      "span.mix",
      null,
      said.map((letter) => element(`span.${OUTCOMES[letter].tone}`, null, mixed(letter, numbers.get(letter)))),
    ),
    element("span.time", null, ticks ? duration(ticks / TICKS) : ""),
  ];
  const make = () =>
    inChunks(element("ul.rows"), file.rows, (row) => resultItem(row, data, actions), { first: ROWS_AT_FIRST, next: 500, word: "results" });
  return fold(head, make, { open, selector: "details.file" });
}

function mixed(letter, count) {
  if (letter === "c" && count === 1) return "not collected";
  return letter === "e" ? counted(count, "error") : `${number(count)} ${OUTCOMES[letter].word}`;
}

function resultItem(row, data, actions) {
  const { rows } = data;
  const nodeid = rows.names[rows.name[row]];
  const { word, tone } = OUTCOMES[rows.outcome[row]];
  const facts = [];
  if (rows.attempt.has(row)) facts.push(`attempt ${rows.attempt.get(row)}`);
  if (rows.worker(row)) facts.push(printable(rows.worker(row)));
  const head = [
    badge(word, tone),
    element("span.name", null, code(testOf(nodeid) || nodeid)),
    element("span.facts.quiet", null, facts.join(", ")),
    element("span.time", null, "cn".includes(rows.outcome[row]) ? "" : duration(rows.seconds(row))),
  ];
  const reason = rows.reason.has(row) ? element("p.reason", null, quoted(rows.reason.get(row))) : null;
  const failures = rows.failure.get(row) || [];
  if (!failures.length) return element("li", null, element("div.row", null, head), reason);
  return element("li", null, fold(head, () => failures.map((place) => failureOf(place, data, actions))), reason);
}

function failureOf(place, data, actions) {
  const { failures, causes, texts } = data;
  const cause = causes[failures.cause[place]];
  const when = element("span.quiet", null, `in ${failures.whens[failures.when[place] || 0]}`);
  const link =
    cause &&
    element(
      "a",
      { href: `#cause-${cause.place + 1}`, onclick: (event) => actions.goToCause(event, cause.place) },
      "cause: ",
      quoted(cause.title || cause.signature),
    );
  const text = failures.text[place];
  return element("div.failure", null, element("p", null, when, " ", link), text < 0 ? null : printed(texts[text]));
}
