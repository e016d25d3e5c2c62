// The data of the page, read back into what the sections ask for.

const TICKS = 10000;

/** The JSON of a block of data; a large one is base64 of a zlib stream. */
async function unpacked(block) {
  if (block.type === "application/json") return block.textContent;
  const text = atob(block.textContent);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

function sums(steps) {
  const numbers = new Int32Array(steps.length);
  let number = 0;
  for (let index = 0; index < steps.length; index++) {
    number += steps[index];
    numbers[index] = number;
  }
  return numbers;
}

/** What "src/test_a.py::TestB::test_c[d]" says: its file, and the rest. */
function fileOf(nodeid) {
  const end = nodeid.indexOf("::");
  return end < 0 ? nodeid : nodeid.slice(0, end);
}

function testOf(nodeid) {
  const end = nodeid.indexOf("::");
  return end < 0 ? "" : nodeid.slice(end + 2);
}

function namesOfRows({ outcome, steps }) {
  const every = new Int32Array(outcome.length).fill(1);
  for (const [row, step] of steps) every[row] = step;
  if (every.length) every[0] -= 1;
  return sums(every);
}

/** Only later attempts are told: the row before a second one is the first. */
function attemptsOf(later) {
  const attempts = new Map(later);
  for (const [row, attempt] of later) if (attempt === 2 && row && !attempts.has(row - 1)) attempts.set(row - 1, 1);
  return attempts;
}

/** Rows of results in columns; a row is a number everywhere. */
function resultsOf(results, failures, names) {
  const count = results.outcome.length;
  const failure = new Map();
  sums(failures.row).forEach((row, place) => {
    const those = failure.get(row);
    if (those) those.push(place);
    else failure.set(row, [place]);
  });
  return {
    count,
    outcome: results.outcome,
    name: namesOfRows(results),
    names,
    seconds: (row) => results.ticks[row] / TICKS,
    ticks: results.ticks,
    worker: (row) => results.workers[results.worker.length ? results.worker[row] : 0] || "",
    attempt: attemptsOf(results.attempts),
    reason: new Map(results.reason.map(([row, place]) => [row, results.reasons[place]])),
    failure,
  };
}

/** Files in the order of their first row: {path, rows}. */
function filesOf(rows) {
  const files = new Map();
  let last = null;
  for (let row = 0; row < rows.count; row++) {
    const nodeid = rows.names[rows.name[row]];
    if (!last || !nodeid.startsWith(last.path) || fileOf(nodeid) !== last.path) {
      const path = fileOf(nodeid);
      last = files.get(path);
      if (!last) files.set(path, (last = { path, rows: [] }));
    }
    last.rows.push(row);
  }
  return [...files.values()];
}

function loaded(text) {
  const data = JSON.parse(text);
  const rows = resultsOf(data.results, data.failures, data.names);
  data.causes.forEach((cause, place) => {
    cause.place = place;
    cause.tests = sums(cause.tests);
  });
  return { ...data, rows, files: filesOf(rows) };
}
