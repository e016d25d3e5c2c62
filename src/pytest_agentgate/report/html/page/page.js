// The page: its sections in their order, what is searched for, the theme, and the keyboard.

const data = loaded(await unpacked(document.getElementById("data")));
const search = new Search(data);
const asked = { ...EVERYTHING };

const actions = {
  showCause(place) {
    Object.assign(asked, EVERYTHING, { cause: place });
    show();
    document.getElementById("results").scrollIntoView();
    document.getElementById("results").querySelector("summary")?.focus({ preventScroll: true });
  },
  goToCause(event, place) {
    event.preventDefault();
    if (!document.getElementById(`cause-${place + 1}`)) {
      Object.assign(asked, EVERYTHING, { cause: place });
      show();
    }
    const there = document.getElementById(`cause-${place + 1}`);
    there.scrollIntoView();
    there.focus({ preventScroll: true });
  },
};

// ---- what is searched for

const text = element("input", { type: "search", id: "text", placeholder: "Search tests, causes, reasons", autocomplete: "off", spellcheck: "false", oninput: () => later() });
const outcome = choice("outcome", "Any outcome", outcomes());
const kind = choice("kind", "Any kind", kinds());
const only = element("button.only", { type: "button", hidden: true, onclick: () => ask({ cause: -1 }) });
const clear = element("button.clear", { type: "button", hidden: true, onclick: () => ask(EVERYTHING) }, "Clear");
const found = element("p.found", { role: "status" });

function choice(id, any, options) {
  const made = element("select", { id, onchange: () => ask({ [id]: made.value }) }, element("option", { value: "" }, any));
  for (const [value, said, count] of options) made.append(element("option", { value }, `${said} (${number(count)})`));
  return made;
}

function outcomes() {
  const counts = new Map();
  for (const letter of data.results.outcome) counts.set(letter, (counts.get(letter) || 0) + 1);
  const there = Object.keys(OUTCOMES).filter((letter) => counts.has(letter));
  const failing = there.filter((letter) => FAILING.includes(letter));
  const sum = failing.reduce((total, letter) => total + counts.get(letter), 0);
  const each = there.map((letter) => [letter, OUTCOMES[letter].word, counts.get(letter)]);
  return failing.length > 1 ? [["failing", "anything that did not work", sum], ...each] : each;
}

function kinds() {
  const sizes = new Map();
  for (const cause of data.causes) sizes.set(cause.kind, (sizes.get(cause.kind) || 0) + cause.size);
  return [...sizes].map(([name, size]) => [name, name, size]);
}

function ask(change) {
  Object.assign(asked, change);
  show();
}

let waiting = 0;
function later() {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => ask({ text: text.value }));
}

function show() {
  if (text.value !== asked.text) text.value = asked.text;
  outcome.value = asked.outcome;
  kind.value = asked.kind;
  const answer = search.answer(asked);
  const narrowed = asked.text.trim() !== "" || asked.outcome !== "" || asked.kind !== "" || asked.cause >= 0;
  only.hidden = asked.cause < 0;
  only.textContent = asked.cause < 0 ? "" : `Only cause ${asked.cause + 1} \u00d7`;
  only.setAttribute("aria-label", `Only cause ${asked.cause + 1}: show every cause again`);
  clear.hidden = !narrowed;
  const results = data.rows.count ? `${number(answer.found)} of ${counted(data.rows.count, "result")}, ` : "";
  found.textContent = narrowed ? `${results}${number(answer.causes.length)} of ${counted(data.causes.length, "cause")}` : "";
  causes.show(answer, asked);
  shownResults.show(answer, asked);
}

// ---- light and dark

const THEMES = ["auto", "light", "dark"];
const theme = element("button.theme", { type: "button", onclick: () => wear(THEMES[(THEMES.indexOf(worn()) + 1) % 3], true) });

function worn() {
  return document.documentElement.dataset.theme || "auto";
}

function wear(name, keep) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.textContent = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" }[name];
  if (!keep) return;
  try {
    localStorage.setItem("agentgate-theme", name);
  } catch {
    // a page from a file may have no storage: the choice lasts as long as the page
  }
}

function kept() {
  try {
    const name = localStorage.getItem("agentgate-theme");
    return THEMES.includes(name) ? name : "auto";
  } catch {
    return "auto";
  }
}

// ---- put together

const causes = causesSection(data, actions);
const shownResults = resultsSection(data, actions);
const sections = [
  causes.made,
  gatesSection(data),
  shownResults.made,
  agentsSection(data),
  durationsSection(data),
  trendSection(data),
].filter(Boolean);

const contents = element(
  "nav",
  { "aria-label": "Sections" },
  sections.map((one) => element("a", { href: `#${one.id}` }, one.querySelector("h2").firstChild.textContent.trim())),
);
const bar = element(
  "search.bar",
  { "aria-label": "Search and filter" },
  element("label.hidden", { for: "text" }, "Search"),
  text,
  element("label.hidden", { for: "outcome" }, "Outcome"),
  outcome,
  element("label.hidden", { for: "kind" }, "Kind of cause"),
  kind,
  only,
  clear,
  found,
);

wear(kept(), false);
show();
document.body.prepend(
  element("a.skip", { href: "#causes" }, "Skip to the causes"),
  element("div.top", null, element("span.brand", null, "agentgate"), contents, theme),
  overview(data),
  bar,
  element("main", null, sections),
);
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); // it was not there before

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName || "");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    text.focus();
  } else if (event.key === "Escape" && event.target === text && text.value) {
    ask({ text: "" });
  }
});

// On paper nothing can be opened: what explains causes and gates is opened first, and closed again behind it.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll(".cause details:not([open]), .gate details:not([open])")];
  for (const one of opened) {
    one.open = true;
    one.dispatchEvent(new Event("toggle")); // a browser tells of it too late for this page
  }
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
  opened = [];
});
