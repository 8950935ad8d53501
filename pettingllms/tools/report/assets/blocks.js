/* The data of the page: an index of all attempts, and blocks of them that are opened on demand. */

const KEPT_BLOCKS = 24;
const FACETS = ["language", "difficulty", "source", "model"];
const INDEX = [];
const BLOCKS = document.getElementsByClassName("rows");
const opened = new Map();

async function loadIndex() {
  const packed = [...document.querySelectorAll("script.index")];
  for (const text of await Promise.all(packed.map((script) => unpack(script.textContent)))) {
    for (const entry of JSON.parse(text)) INDEX.push(entryOf(entry));
  }
}

function entryOf([problem, sample, turn, kind, reason, snippet, ...facets]) {
  const entry = { row: INDEX.length, problem, sample, turn, kind, reason, snippet };
  for (const [at, facet] of FACETS.entries()) entry[facet] = facets[at];
  return entry;
}

/** Whether no later turn of the same sample follows. */
function isLast(entry) {
  const next = INDEX[entry.row + 1];
  return !next || !isSameSample(entry, next);
}

function isSameSample(one, other) {
  return one.problem === other.problem && one.sample === other.sample;
}

function turnsOf(entry) {
  let first = entry.row;
  while (first > 0 && isSameSample(INDEX[first - 1], entry)) first -= 1;
  const turns = [];
  for (let row = first; row < INDEX.length && isSameSample(INDEX[row], entry); row += 1) {
    turns.push(INDEX[row]);
  }
  return turns;
}

const parsed = new Promise((done) => {
  document.addEventListener("DOMContentLoaded", done, { once: true });
});

/** The number of the block that holds a row, of those that are in the page by now. */
function blockOf(row) {
  let low = 0;
  let high = BLOCKS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (firstOf(middle) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

function firstOf(number) {
  return Number(BLOCKS[number].dataset.first);
}

async function linesOf(number) {
  return (await unpack(BLOCKS[number].textContent)).split("\n");
}

/** An attempt, as the attempts file has it; its block may still be on its way into the page. */
async function attemptOf(row) {
  if (blockOf(row) >= BLOCKS.length - 1) await parsed;
  const number = blockOf(row);
  if (!BLOCKS[number]) throw new Error(CUT_OFF);
  if (!opened.has(number)) {
    opened.set(number, linesOf(number));
    if (opened.size > KEPT_BLOCKS) opened.delete(opened.keys().next().value);
  }
  const lines = await opened.get(number);
  return JSON.parse(lineIn(lines, row - firstOf(number)));
}
