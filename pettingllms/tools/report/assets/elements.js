/* Making elements. Text becomes text nodes: what came from a run is never read as HTML. */

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  const wanted = children.filter((child) => child != null && child !== "");
  made.append(...wanted.map((child) => typeof child === "string" ? visible(child) : child));
  return made;
}

/* Marks that turn the direction of text, end a line or have no width would show an answer as another
   one: they stand there as they are escaped, on pages as in the terminal (`wording.shown`). */
const OBEYED = new RegExp("[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u206f"
  + "\\u00ad\\u200b-\\u200d\\u2060-\\u2064\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}"
  + "\\u2028\\u2029\\ud800-\\udfff]", "gu");

function visible(text) {
  return text.replace(OBEYED, (mark) => {
    const code = mark.codePointAt(0), hex = code.toString(16);
    if (code < 0x100) return `\\x${hex.padStart(2, "0")}`;
    return code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
}

function byId(id) {
  return document.getElementById(id);
}

function words(name) {
  return name.replaceAll("_", " ");
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
