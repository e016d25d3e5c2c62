// How things are said: hostile text, numbers, durations, times, states.

const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const EVERY_UNPRINTABLE = new RegExp(UNPRINTABLE.source, "gu");

/** A text on one line, with what does not print escaped as Python's repr escapes it. */
function printable(text) {
  return UNPRINTABLE.test(text) ? text.replace(EVERY_UNPRINTABLE, escaped) : text;
}

/** As printable, with line breaks kept. */
function printableLines(text) {
  return text.split("\n").map(printable).join("\n");
}

function escaped(character) {
  const code = character.codePointAt(0);
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const hexadecimal = code.toString(16);
  if (code < 0x100) return `\\x${hexadecimal.padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${hexadecimal.padStart(4, "0")}` : `\\U${hexadecimal.padStart(8, "0")}`;
}

const NUMBER = new Intl.NumberFormat("en-US");

function number(value) {
  return NUMBER.format(value);
}

/** "1 test", "1,204 tests". */
function counted(value, word) {
  return `${number(value)} ${word}${value === 1 ? "" : "s"}`;
}

/** "0 ms", "< 1 ms", "12 ms", "3.40 s", "2 min 5 s", "1 h 20 min". */
function duration(seconds) {
  if (seconds < 0.0005) return seconds > 0 ? "< 1 ms" : "0 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "2026-01-31 12:00 UTC"; what is no such time stays as it is. */
function moment(text) {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(text);
  return parts ? `${parts[1]} ${parts[2]} UTC` : text;
}

// A letter of the data -> the word for the outcome, and the tone that it is shown in.
const OUTCOMES = {
  f: { word: "failed", tone: "bad" },
  e: { word: "error", tone: "bad" },
  c: { word: "not collected", tone: "bad" },
  n: { word: "not run", tone: "odd" },
  X: { word: "xpassed", tone: "odd" },
  r: { word: "rerun", tone: "odd" },
  s: { word: "skipped", tone: "calm" },
  x: { word: "xfailed", tone: "calm" },
  p: { word: "passed", tone: "good" },
};
const FAILING = "fecn";

// A state of a gate or a phase -> the same.
const STATES = {
  passed: { word: "passed", tone: "good" },
  warned: { word: "warned", tone: "odd" },
  failed: { word: "failed", tone: "bad" },
  not_attempted: { word: "not attempted", tone: "calm" },
  unavailable: { word: "unavailable", tone: "odd" },
  invalid: { word: "invalid", tone: "bad" },
};

const STATUS_TONES = { new: "news", regressed: "bad", flaky: "odd", known: "calm" };

function stateOf(name) {
  return STATES[name] || { word: name, tone: "calm" };
}
