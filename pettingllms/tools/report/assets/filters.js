/* What is asked for: kept in the address, so that a link leads to the same rows. */

const NOTHING = {
  row: null, with: null, outcome: "", turn: "", problem: null, last: false, q: "",
  ...Object.fromEntries(FACETS.map((facet) => [facet, null])),
};
const KINDS = {
  accepted: "accepted", dropped: "not exported", rejected: "rejected", failed: "failed",
  tests: "test sets",
};

function readAddress() {
  const told = new URLSearchParams(location.hash.slice(1));
  return {
    row: rowIn(told, "row"),
    with: rowIn(told, "with"),
    outcome: told.get("outcome") ?? "",
    turn: told.get("turn") ?? "",
    problem: told.get("problem"),
    last: told.get("last") === "1",
    q: told.get("q") ?? "",
    ...Object.fromEntries(FACETS.map((facet) => [facet, told.get(facet)])),
  };
}

/** Rows count from one. */
function rowIn(told, name) {
  return /^\d+$/.test(told.get(name) ?? "") ? Number(told.get(name)) - 1 : null;
}

/** The link to what is asked for; what is not named is not asked for. */
function linkTo(asked) {
  const { row, with: other, outcome, turn, problem, last, q, ...facets } = { ...NOTHING, ...asked };
  const told = new URLSearchParams();
  if (outcome) told.set("outcome", outcome);
  if (turn) told.set("turn", turn);
  for (const facet of FACETS) if (facets[facet] !== null) told.set(facet, facets[facet]);
  if (problem !== null) told.set("problem", problem);
  if (last) told.set("last", "1");
  if (q) told.set("q", q);
  if (row !== null) told.set("row", row + 1);
  if (row !== null && other !== null) told.set("with", other + 1);
  return `#${told}`;
}

function matching({ outcome, turn, problem, last, ...facets }) {
  const [kind, reason] = splitOutcome(outcome);
  const wanted = FACETS.filter((facet) => facets[facet] !== null);
  return INDEX.filter((entry) =>
    (!kind || (kind === "kept" ? isKept(entry) : entry.kind === kind)) &&
    (reason === null || entry.reason === reason) &&
    (!turn || entry.turn === Number(turn)) &&
    wanted.every((facet) => entry[facet] === facets[facet]) &&
    (problem === null || entry.problem === problem) &&
    (!last || isLast(entry)));
}

/** Like `rejected:wrong_answer`, or a kind alone. */
function splitOutcome(outcome) {
  const colon = outcome.indexOf(":");
  return colon < 0 ? [outcome, null] : [outcome.slice(0, colon), outcome.slice(colon + 1)];
}

function isKept(entry) {
  return entry.kind === "accepted" || entry.kind === "dropped";
}

/** How many samples each choice leaves, as they are counted when it is made. */
function countBy(key) {
  const counts = new Map();
  const before = new Map();
  for (const entry of INDEX) {
    const name = key(entry);
    const isCounted = before.has(name) && isSameSample(before.get(name), entry);
    if (!isCounted) counts.set(name, (counts.get(name) ?? 0) + 1);
    before.set(name, entry);
  }
  return counts;
}

function choice(value, label, count) {
  return element("option", { value }, count == null ? label : `${label} (${count.toLocaleString("en")})`);
}

function fillChoices() {
  byId("outcome").append(choice("", "Every outcome"), ...outcomeChoices());
  byId("turn").append(choice("", "Every turn"), ...ranked(countBy((entry) => entry.turn))
    .sort(([one], [other]) => one - other).map(([turn, n]) => choice(turn, `turn ${turn}`, n)));
  byId("turn").hidden = byId("turn").options.length < 3;
  for (const facet of FACETS) {
    byId(facet).append(choice("*", `Every ${facet}`), ...ranked(countBy((entry) => entry[facet]))
      .map(([name, n]) => choice(`=${name}`, name || "other", n)));
    byId(facet).hidden = byId(facet).options.length < 3;
  }
}

function outcomeChoices() {
  const counts = countBy((entry) => `${entry.kind}:${entry.reason}`);
  const kinds = countBy((entry) => entry.kind);
  const kept = INDEX.filter(isKept).length;
  const groups = Object.entries(KINDS).map(([kind, label]) => {
    const own = ranked(counts).filter(([outcome]) => splitOutcome(outcome)[0] === kind);
    const whole = kinds.get(kind);
    return whole && element("optgroup", { label: label[0].toUpperCase() + label.slice(1) },
      choice(kind, `all ${label}`, whole),
      ...own.map(([outcome, n]) => choice(outcome, words(splitOutcome(outcome)[1]), n)));
  });
  return [choice("kept", "accepted, exported or not", kept), ...groups.filter(Boolean)];
}

function ranked(counts) {
  return [...counts].sort(([, one], [, other]) => other - one);
}
