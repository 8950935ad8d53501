/* The list of samples, each with its turns folded in: only those in sight are in the page, however
   many there are. */

const ROW_HEIGHT = 46;
const SPARE_ROWS = 8;
const list = byId("list");
const rows = byId("rows");
let entries = [];
let selected = null;
let drawn = "";

function showEntries(found) {
  entries = samplesOf(found);
  rows.style.height = `${entries.length * ROW_HEIGHT}px`;
  select(null);
  draw();
}

function select(row) {
  selected = row;
  drawn = "";
  const at = positionOf(row);
  if (at >= 0) {
    reveal(at);
    list.setAttribute("aria-activedescendant", `row-${entries[at].row}`);
  } else {
    list.removeAttribute("aria-activedescendant");
  }
  draw();
}

/** One entry for each sample: the last of its turns that were found. */
function samplesOf(found) {
  return found.filter((entry, at) => !found[at + 1] || !isSameSample(entry, found[at + 1]));
}

/** Where the sample is that a row belongs to. Entries are in the order of their rows. */
function positionOf(row) {
  if (row === null || !INDEX[row]) return -1;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle].row < row) low = middle + 1;
    else high = middle;
  }
  const isThere = (at) => entries[at] && isSameSample(entries[at], INDEX[row]);
  return isThere(low) ? low : isThere(low - 1) ? low - 1 : -1;
}

function reveal(at) {
  const top = at * ROW_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW_HEIGHT > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + ROW_HEIGHT - list.clientHeight;
  }
}

function draw() {
  const first = Math.max(0, Math.floor(list.scrollTop / ROW_HEIGHT) - SPARE_ROWS);
  const last = Math.min(entries.length,
    Math.ceil((list.scrollTop + list.clientHeight) / ROW_HEIGHT) + SPARE_ROWS);
  const range = `${first}-${last}`;
  if (range === drawn) return;
  drawn = range;
  rows.replaceChildren(...entries.slice(first, last).map((entry, at) => option(entry, first + at)));
}

function option(entry, at) {
  const made = element("div", {
    role: "option",
    id: `row-${entry.row}`,
    class: `row ${entry.kind}`,
    "aria-selected": String(selected !== null && isSameSample(entry, INDEX[selected])),
    "aria-setsize": entries.length,
    "aria-posinset": at + 1,
    "data-row": entry.row,
  },
  element("span", { class: "problem" }, entry.problem),
  element("span", { class: "reason" }, words(entry.reason)),
  element("span", { class: "place" }, placeOf(entry)),
  element("span", { class: "snippet" }, entry.snippet));
  made.style.top = `${at * ROW_HEIGHT}px`;
  return made;
}

/** Like `sample 0`, or `sample 1, 2 turns`; of an earlier turn also which. */
function placeOf(entry) {
  const turns = turnsOf(entry).length;
  if (turns === 1) return `sample ${entry.sample}`;
  const which = isLast(entry) ? "" : `turn ${entry.turn} of `;
  return `sample ${entry.sample}, ${which}${counted(turns, "turn")}`;
}

/** The row `steps` below (or above) the selected one, as far as there are rows. */
function rowBeside(steps) {
  if (!entries.length) return null;
  const at = positionOf(selected);
  const wanted = at < 0 ? (steps > 0 ? 0 : entries.length - 1) : at + steps;
  return entries[Math.min(Math.max(wanted, 0), entries.length - 1)].row;
}

function rowsInSight() {
  return Math.max(1, Math.floor(list.clientHeight / ROW_HEIGHT) - 1);
}

list.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
new ResizeObserver(draw).observe(list);
