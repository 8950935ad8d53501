/* Two answers to one problem, side by side, with the lines in which they differ. */

const MOST_LINES = 2000;

/** The attempts at a problem that brought an answer. */
function answersTo(problem) {
  return INDEX.filter((entry) => entry.problem === problem && isAnswer(entry));
}

function isAnswer(entry) {
  return entry.kind !== "failed" && entry.kind !== "tests";
}

/** The one to hold a row against: the first that ended otherwise, or else any other. */
function counterpartOf(entry) {
  const others = answersTo(entry.problem).filter((other) => other.row !== entry.row);
  return others.find((other) => isKept(other) !== isKept(entry)) ?? others[0] ?? null;
}

function compareLink(entry) {
  const other = counterpartOf(entry);
  if (!isAnswer(entry) || !other) return null;
  return element("a", { href: linkTo({ ...asked, row: entry.row, with: other.row }) }, "compare with another answer");
}

async function comparisonOf(entry, other) {
  const [left, right] = await Promise.all([attemptOf(entry.row), attemptOf(other.row)]);
  const [one, two] = [codeOf(left).split("\n"), codeOf(right).split("\n")];
  const same = inBoth(one, two);
  return [
    element("header", {},
      element("button", { type: "button", class: "back" }, "← List"),
      element("h3", {}, entry.problem),
      element("p", {}, element("a", { href: linkTo({ ...asked, row: entry.row, with: null }) }, "back to the one answer"))),
    element("div", { class: "compared" },
      sideOf("row", entry, left, one, same.map(([at]) => at)),
      sideOf("with", other, right, two, same.map(([, at]) => at))),
  ];
}

function codeOf(attempt) {
  return attempt.code ?? attempt.completion?.text ?? "";
}

function sideOf(side, entry, attempt, lines, same) {
  const known = new Set(same);
  const shown = lines.map((line, at) =>
    element("span", { class: known.has(at) ? "line" : "line other" }, line));
  return element("section", { "aria-label": side === "row" ? "This answer" : "The other answer" },
    choiceOf(side, entry),
    results(attempt),
    element("pre", {}, element("code", {}, ...shown)));
}

function choiceOf(side, entry) {
  const menu = element("select", { "aria-label": "Which answer" }, ...answersTo(entry.problem).map((each) =>
    element("option", { value: each.row, selected: each.row === entry.row },
      `sample ${each.sample}, turn ${each.turn}: ${words(each.reason)}`)));
  menu.addEventListener("change", () => change({ row: asked.row, with: asked.with, [side]: Number(menu.value) }));
  return menu;
}

/** The lines that both have, in order, as pairs of their places: a longest common subsequence. */
function inBoth(one, two) {
  if (one.length > MOST_LINES || two.length > MOST_LINES) return [];
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint16Array(two.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = two.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = one[i] === two[j]
        ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < one.length && j < two.length;) {
    if (one[i] === two[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}
