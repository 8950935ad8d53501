/* Search over all text of the attempts: block after block, in a worker, so that the page lives. */

const BETWEEN_NEWS_MS = 300;
let searches = 0;
let asking = 0;
const waiting = new Map();
const worker = startWorker();

/** Null where the browser lets a file start none: then the page looks by itself, with pauses. */
function startWorker() {
  try {
    const source = new Blob([byId("worker").textContent], { type: "text/javascript" });
    const policy = globalThis.trustedTypes?.createPolicy("search", { createScriptURL: (url) => url });
    const address = URL.createObjectURL(source);
    const started = new Worker(policy ? policy.createScriptURL(address) : address);
    started.onmessage = ({ data }) => settle(data);
    started.onerror = () => waiting.forEach((_, id) => settle({ id, error: "The search broke off." }));
    return started;
  } catch {
    return null;
  }
}

function settle({ id, rows, error }) {
  const { done, failed } = waiting.get(id);
  waiting.delete(id);
  if (error) failed(new Error(error));
  else done(rows);
}

/** The rows of a block that hold the words. */
async function look(task) {
  if (!worker) {
    await new Promise((go) => setTimeout(go));
    return rowsWith(task);
  }
  const id = ++asking;
  const answer = new Promise((done, failed) => waiting.set(id, { done, failed }));
  worker.postMessage({ id, ...task });
  return answer;
}

/** Calls `found(entries, share)` as the search goes on; a later search ends this one. */
async function search(words, candidates, found) {
  const own = ++searches;
  const hits = [];
  let news = performance.now() + BETWEEN_NEWS_MS;
  await parsed;
  const tasks = tasksOf(candidates, words);
  let next = tasks.length ? look(tasks[0]) : null;
  for (let at = 0; at < tasks.length; at += 1) {
    const rows = next;
    next = at + 1 < tasks.length ? look(tasks[at + 1]) : null;
    hits.push(...(await rows).map((row) => INDEX[row]));
    if (own !== searches) return;
    if (performance.now() < news) continue;
    found(hits, tasks[at].rows[0] / INDEX.length);
    news = performance.now() + BETWEEN_NEWS_MS;
  }
  if (own === searches) found(hits, 1);
}

function stopSearch() {
  searches += 1;
}

/** The rows of the candidates by block; both are in the order of their rows. */
function tasksOf(candidates, words) {
  const firsts = Array.from(BLOCKS, (_, number) => firstOf(number));
  const tasks = [];
  let number = 0;
  for (const { row } of candidates) {
    while (firsts[number + 1] <= row) number += 1;
    if (tasks.at(-1)?.number !== number) {
      tasks.push({ number, first: firsts[number], packed: BLOCKS[number].textContent, rows: [], words });
    }
    tasks.at(-1).rows.push(row);
  }
  return tasks;
}
