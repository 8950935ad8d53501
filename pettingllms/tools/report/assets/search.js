/* Search over all text of the attempts: block after block, with pauses in which the page lives. */

const LONGEST_STRETCH_MS = 12;
const BETWEEN_NEWS_MS = 300;
let searches = 0;

/** Calls `found(entries, share)` as the search goes on; a later search ends this one. */
async function search(words, candidates, found) {
  const own = ++searches;
  const wanted = patternsOf(words);
  const hits = [];
  let pause = performance.now() + LONGEST_STRETCH_MS;
  let news = pause;
  for await (const [number, lines, group] of readAhead(candidates)) {
    if (own !== searches) return;
    hits.push(...hitsIn(lines, group, firstOf(number), wanted));
    if (performance.now() < pause) continue;
    if (performance.now() > news) {
      found(hits, group[0].row / INDEX.length);
      news = performance.now() + BETWEEN_NEWS_MS;
    }
    await new Promise((go) => setTimeout(go));
    pause = performance.now() + LONGEST_STRETCH_MS;
  }
  if (own === searches) found(hits, 1);
}

function stopSearch() {
  searches += 1;
}

/** What to look for: in text, and in the JSON that holds it. */
function patternsOf(words) {
  const ignoringCase = (text) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  return { inText: ignoringCase(words), inJson: ignoringCase(JSON.stringify(words).slice(1, -1)) };
}

/** Each block that has candidates, with them; the next one is unpacked meanwhile. */
async function* readAhead(candidates) {
  await parsed;
  const groups = [...groupsOf(candidates)];
  let next = groups.length ? linesOf(groups[0][0]) : null;
  for (const [at, [number, group]] of groups.entries()) {
    const lines = next;
    if (at + 1 < groups.length) next = linesOf(groups[at + 1][0]);
    yield [number, await lines, group];
  }
}

/** Candidates by block; both are in the order of their rows. */
function groupsOf(candidates) {
  const firsts = Array.from(BLOCKS, (_, number) => firstOf(number));
  const groups = new Map();
  let number = 0;
  for (const entry of candidates) {
    while (firsts[number + 1] <= entry.row) number += 1;
    if (groups.has(number)) groups.get(number).push(entry);
    else groups.set(number, [entry]);
  }
  return groups;
}

/** A line is parsed only where its JSON holds the words; then what is text in it decides. */
function hitsIn(lines, group, first, { inJson, inText }) {
  return group.filter((entry) => {
    const line = lineIn(lines, entry.row - first);
    return inJson.test(line) && textsOf(JSON.parse(line)).some((text) => inText.test(text));
  });
}

function textsOf(attempt) {
  const { completion, failure, verdict, review } = attempt;
  return [
    attempt.problem_id,
    attempt.request_key,
    ...attempt.messages.map((message) => message.content),
    completion?.reasoning,
    completion?.text,
    completion?.model,
    completion?.response_id,
    failure?.message,
    verdict?.reason,
    ...Object.values(verdict?.failure ?? {}),
    review?.completion?.text,
  ].filter(Boolean);
}
