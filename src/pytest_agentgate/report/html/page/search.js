// What is asked for, and what of the data answers it. No element is touched here.

/** text: words that all have to occur; outcome: a letter, "failing" or ""; kind: a kind or ""; cause: a place or -1. */
const EVERYTHING = { text: "", outcome: "", kind: "", cause: -1 };

class Search {
  constructor(data) {
    this.data = data;
    this.lowered = null; // made at the first search: most readers never search
    this.kindOfRow = null;
    this.matched = { text: null, names: null };
  }

  /** The rows and the causes that answer; the rows as a Uint8Array of flags. */
  answer({ text, outcome, kind, cause }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const { rows, causes } = this.data;
    const names = words.length ? this.namesWith(words) : null;
    const spoken = causes.map((one) => !words.length || has(this.wordsOfCause(one), words));
    const flags = new Uint8Array(rows.count);
    const allowed = outcome === "failing" ? FAILING : outcome;
    const limited = kind || cause >= 0;
    let found = 0;
    for (let row = 0; row < rows.count; row++) {
      if (allowed && !allowed.includes(rows.outcome[row])) continue;
      if (limited && !this.isOf(row, kind, cause)) continue;
      if (names && !names[rows.name[row]] && !this.isSaid(row, words, spoken)) continue;
      flags[row] = 1;
      found++;
    }
    const answering = causes.filter(
      (one) =>
        (!kind || one.kind === kind) &&
        (cause < 0 || one.place === cause) &&
        (spoken[one.place] || one.tests.some((name) => names[name])),
    );
    return { flags, found, causes: answering };
  }

  namesWith(words) {
    const { names } = this.data;
    if (!this.lowered) this.lowered = names.map((name) => name.toLowerCase());
    const text = words.join(" ");
    if (this.matched.text !== text) {
      const found = new Uint8Array(names.length);
      for (let index = 0; index < names.length; index++) if (has(this.lowered[index], words)) found[index] = 1;
      this.matched = { text, names: found };
    }
    return this.matched.names;
  }

  wordsOfCause(cause) {
    if (cause.words === undefined)
      cause.words = [cause.kind, cause.status, cause.title, cause.next, cause.at, cause.type, cause.signature]
        .join("\n")
        .toLowerCase();
    return cause.words;
  }

  isOf(row, kind, cause) {
    const { rows, failures, causes } = this.data;
    const those = rows.failure.get(row);
    if (!those) return false;
    return those.some((place) => {
      const of = failures.cause[place];
      return of >= 0 && (!kind || causes[of].kind === kind) && (cause < 0 || of === cause);
    });
  }

  isSaid(row, words, spoken) {
    const { rows, failures } = this.data;
    const reason = rows.reason.get(row);
    if (reason !== undefined && has(reason.toLowerCase(), words)) return true;
    const those = rows.failure.get(row);
    return those !== undefined && those.some((place) => spoken[failures.cause[place]]);
  }
}

function has(text, words) {
  for (const word of words) if (!text.includes(word)) return false;
  return true;
}
