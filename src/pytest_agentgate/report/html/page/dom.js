// The only place where elements are made: every text becomes a text node, and no string is ever read as HTML.

const SVG = "http://www.w3.org/2000/svg";

/** element("a.link", {href: "#x"}, "text", child, null): a tag with classes, attributes or listeners, and children. */
function element(selector, attributes, ...children) {
  const [tag, ...classes] = selector.split(".");
  return filled(document.createElement(tag), classes, attributes, children);
}

function drawn(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), [], attributes, children);
}

function filled(made, classes, attributes, children) {
  if (classes.length) made.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

/** Text that came from a test or a user: isolated, so that its direction touches nothing around it. */
function quoted(text, selector = "bdi") {
  return element(selector, { dir: "auto" }, printable(text));
}

/** Code on one line that breaks where it has to. */
function code(text) {
  return element("code", { dir: "ltr" }, printable(text));
}

/** A state, an outcome or a status: a sign, a word and a tone; none of them alone carries the meaning. */
function badge(word, tone) {
  return element(`span.badge.${tone}`, null, element("span.sign", { "aria-hidden": "true" }), word);
}

/** A block of text as pytest printed it. */
function printed(text) {
  return element("pre.printed", { tabindex: "0", dir: "ltr" }, printableLines(text));
}

/** A command line, or lines of a file, and a button that copies them. */
function command(text) {
  const shown = element("code", { dir: "ltr" }, printableLines(text));
  const button = element("button.copy", { type: "button", onclick: () => copy(shown, button) }, "Copy");
  return element("div.command", null, element("pre", { tabindex: "0", dir: "ltr" }, shown), button);
}

async function copy(shown, button) {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(shown.textContent);
  } catch {
    getSelection().selectAllChildren(shown);
    said = "Selected";
  }
  button.textContent = said;
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

/** What can be opened; its content is made when it is opened for the first time. */
function fold(summary, make, { open = false, selector = "details" } = {}) {
  const folded = element(selector, { open }, element("summary", null, summary));
  const fill = () => {
    if (folded.open && folded.childElementCount === 1) folded.append(...[make()].flat());
  };
  folded.addEventListener("toggle", fill);
  fill();
  return folded;
}

/** Children of a list a few at a time, and a button for the next ones. */
function inChunks(list, things, make, { first = 20, next = 100, word = "more" } = {}) {
  let shown = 0;
  const button = element("button.more", { type: "button" });
  const show = (many, focus) => {
    const added = things.slice(shown, shown + many).map(make);
    list.append(...added);
    shown += added.length;
    const left = things.length - shown;
    if (!left) button.remove();
    else button.textContent = `Show ${number(Math.min(next, left))} of ${number(left)} more ${word}`;
    if (focus && added.length) focusFirst(added[0]);
  };
  button.addEventListener("click", () => show(next, true));
  show(first, false);
  return things.length > shown ? [list, button] : [list];
}

function focusFirst(within) {
  const target = within.querySelector("a, button, summary, [tabindex]") || within;
  if (target === within) within.tabIndex = -1;
  target.focus({ preventScroll: true });
}

function section(id, title, ...children) {
  return element("section", { id, "aria-labelledby": `${id}-title` }, element("h2", { id: `${id}-title` }, title), children);
}
