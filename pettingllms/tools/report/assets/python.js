/* Answers as text and code, and the few colours that make Python readable. */

const LONGEST_COLOURED = 200_000;
const PYTHON = new RegExp(
  [
    /(?<comment>#[^\n]*)/,
    /(?<string>(?:\b[rbfuRBFU]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?))/,
    /(?<decorator>@[\w.]+)/,
    /(?<number>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?j?)\b)/,
    /(?<name>\b[A-Za-z_]\w*)/,
  ].map((part) => part.source).join("|"),
  "g",
);
const KEYWORDS = new Set(
  ("False None True and as assert async await break case class continue def del elif else except " +
    "finally for from global if import in is lambda match nonlocal not or pass raise return try " +
    "while with yield").split(" "),
);

function coloured(code) {
  const pieces = document.createDocumentFragment();
  let end = 0;
  let before = "";
  for (const found of code.slice(0, LONGEST_COLOURED).matchAll(PYTHON)) {
    const kind = kindOf(found.groups, before);
    before = found[0];
    if (!kind) continue;
    pieces.append(code.slice(end, found.index), element("span", { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  pieces.append(code.slice(end));
  return pieces;
}

function kindOf(groups, before) {
  if (groups.name === undefined) {
    return Object.keys(groups).find((kind) => groups[kind] !== undefined);
  }
  if (KEYWORDS.has(groups.name)) return "keyword";
  return before === "def" || before === "class" ? "defined" : null;
}

function codeBlock(code, language) {
  const isPython = /^(py.*|)$/i.test(language);
  return element("pre", {}, element("code", {}, isPython ? coloured(code) : code));
}

/** Prose as it is, and what stands between fences as code; a fence left open reaches the end. */
function prose(text) {
  const parts = element("div", { class: "prose" });
  const lines = text.split("\n");
  let plain = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w+-]*)/.exec(lines[at]);
    if (!fence) {
      plain.push(lines[at]);
      continue;
    }
    addText(parts, plain);
    plain = [];
    const start = at + 1;
    do at += 1; while (at < lines.length && !lines[at].trim().startsWith(fence[1]));
    parts.append(codeBlock(lines.slice(start, at).join("\n"), fence[2]));
  }
  addText(parts, plain);
  return parts;
}

function addText(parts, lines) {
  const text = lines.join("\n").replace(/^\s*\n|\s+$/g, "");
  if (text) parts.append(element("p", {}, text));
}
