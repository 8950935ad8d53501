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

/* Marks that turn the direction of text would show an answer as another one: they stand there as
   they are escaped. */
function visible(text) {
  return text.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16)}`);
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
