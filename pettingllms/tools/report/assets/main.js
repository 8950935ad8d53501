/* What the reader does, and what the page shows for it. */

const ATTEMPTS_FILE = byId("samples").dataset.attempts;
const TYPING_MS = 180;
const ADDRESS_MS = 250; // browsers refuse an address that changes too often
const query = byId("query");
let asked = NOTHING;
let typing = 0;
let telling = 0;

/** Show what is asked for. Without a row in it, the first of those found is read. */
function apply(next) {
  const isOtherFilter = linkTo({ ...next, row: null, with: null }) !== linkTo({ ...asked, row: null, with: null });
  asked = next;
  if (isOtherFilter || !entries.length) filter();
  else read(asked.row ?? entries[0].row);
  byId("samples").classList.toggle("reading", asked.row !== null);
}

function filter() {
  showFilters();
  stopSearch();
  select(null);
  const found = matching(asked);
  if (!asked.q) return showFound(found, "");
  byId("found").textContent = "searching";
  return search(asked.q, found, showProgress);
}

function showFilters() {
  byId("outcome").value = asked.outcome;
  byId("turn").value = asked.turn;
  for (const facet of FACETS) byId(facet).value = asked[facet] === null ? "*" : `=${asked[facet]}`;
  byId("last").checked = asked.last;
  byId("problem").hidden = asked.problem === null;
  byId("problem").textContent = visible(`${asked.problem} ×`);
  byId("problem").setAttribute("aria-label", `Only ${asked.problem}: show every problem again`);
  if (document.activeElement !== query) query.value = asked.q;
}

function showProgress(hits, share) {
  showFound(hits, share < 1 ? `, ${Math.floor(share * 100)}% searched` : "");
}

function showFound(found, progress) {
  showEntries(found);
  const isAll = found.length === INDEX.length;
  const whole = counted(samplesOf(INDEX).length, "sample");
  byId("found").ariaBusy = String(progress !== "");
  byId("found").textContent = (isAll ? whole : `${entries.length.toLocaleString("en")} of ${whole}`) + progress;
  showWhetherNothing(!entries.length && !progress);
  read(asked.row ?? entries[0]?.row ?? null);
}

/** Where nothing is found: what was looked for, and ways out. */
function showWhetherNothing(isNothing) {
  byId("nothing").hidden = !isNothing;
  byId("list").hidden = byId("detail").hidden = isNothing;
  if (!isNothing) return;
  const among = amongWhich();
  const said = [asked.q && `with “${asked.q}” in it`, among.length && `among: ${among.join(", ")}`];
  const ways = [
    asked.q && among.length && element("a", { href: linkTo({ q: asked.q }) }, `Search all samples for “${asked.q}”`),
    asked.q && among.length && element("a", { href: linkTo({ ...asked, q: "", row: null }) }, "Leave out the words"),
    element("a", { href: linkTo({}) }, "Show all samples"),
  ];
  byId("nothing").replaceChildren(
    element("p", {}, element("strong", {}, ["No sample", ...said.filter(Boolean)].join(" "), ".")),
    ...ways.filter(Boolean).map((way) => element("p", {}, way)));
}

/** The filters that are set, in the words of their menus. */
function amongWhich() {
  const chosen = ["outcome", "turn", ...FACETS].map(byId)
    .filter((menu) => menu.value && menu.value !== "*")
    .map((menu) => menu.selectedOptions[0].textContent.replace(/ \([\d,]+\)$/, ""));
  if (asked.last) chosen.push("last turns only");
  if (asked.problem !== null) chosen.push(asked.problem);
  return chosen;
}

function read(row) {
  if (row !== selected) select(row);
  if (`${row} ${asked.with}` !== inView) showDetail(row, asked.with);
}

/** Another filter begins at its first row, unless a row is named. */
function change(changes) {
  apply({ ...asked, row: null, with: null, ...changes });
  clearTimeout(telling);
  telling = setTimeout(() => history.replaceState(null, "", linkTo(asked)), ADDRESS_MS);
}

function move(steps) {
  const row = rowBeside(steps);
  if (row !== null) change({ row });
}

function backToList() {
  byId("samples").classList.remove("reading");
  list.focus();
}

const KEYS = {
  "/": () => query.focus(),
  j: () => move(1),
  k: () => move(-1),
  Escape: backToList,
};
const LIST_KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  PageDown: () => move(rowsInSight()),
  PageUp: () => move(-rowsInSight()),
  Home: () => move(-INDEX.length),
  End: () => move(INDEX.length),
  Enter: () => { change({ row: selected }); byId("detail").focus(); },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isWriting = event.target.matches("input[type=search], select");
  if (isWriting && event.key !== "Escape" && !(event.target === query && event.key === "Enter")) return;
  const isInList = event.target === list || event.target === document.body;
  const action = event.target === query ? backToList : KEYS[event.key] ?? (isInList ? LIST_KEYS[event.key] : null);
  if (!action) return;
  event.preventDefault();
  action();
}

function onTyping() {
  clearTimeout(typing);
  typing = setTimeout(() => change({ q: query.value.trim() }), TYPING_MS);
}

/** Links lead to the parts of the page too. */
function isSection(hash) {
  return hash.length > 1 && !hash.includes("=") && byId(hash.slice(1)) !== null;
}

function openSection() {
  const section = byId(location.hash.slice(1));
  if (section.matches("details")) section.open = true;
  section.scrollIntoView();
}

function listen() {
  addEventListener("hashchange", () => {
    if (isSection(location.hash)) return openSection();
    apply(readAddress());
    if (asked.row === null) byId("samples").scrollIntoView();
  });
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    byId("found").textContent = event.reason.message;
  });
  document.addEventListener("keydown", onKey);
  query.addEventListener("input", onTyping);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("outcome").addEventListener("change", (event) => change({ outcome: event.target.value }));
  byId("turn").addEventListener("change", (event) => change({ turn: event.target.value }));
  for (const facet of FACETS) {
    byId(facet).addEventListener("change", ({ target: { value } }) =>
      change({ [facet]: value === "*" ? null : value.slice(1) }));
  }
  byId("last").addEventListener("change", (event) => change({ last: event.target.checked }));
  byId("problem").addEventListener("click", () => change({ problem: null }));
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (row) change({ row: Number(row.dataset.row) });
  });
  byId("detail").addEventListener("click", (event) => {
    if (event.target.closest(".back")) backToList();
  });
}

function offerTheme() {
  const root = document.documentElement;
  const button = byId("theme");
  const isDark = () => getComputedStyle(root).getPropertyValue("--theme").trim() === "dark";
  const label = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this visit */ }
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  button.hidden = false;
}

const MOST_PRINTED = 1000;

/** Paper gets the samples that were found, and the settings. */
function readyForPaper() {
  const shown = entries.slice(0, MOST_PRINTED);
  const cells = (tag, texts) => element("tr", {}, ...texts.map((text) => element(tag, {}, text)));
  byId("printed").replaceChildren(
    element("caption", {}, byId("found").textContent
      + (shown.length < entries.length ? `, the first ${counted(shown.length, "one")}` : "")),
    element("thead", {}, cells("th", ["problem", "sample", "turns", "outcome", ""])),
    element("tbody", {}, ...shown.map((entry) => cells("td",
      [entry.problem, entry.sample, turnsOf(entry).length, words(entry.reason), entry.snippet]))));
  byId("printed").hidden = false;
  document.querySelector(".how").open = true;
}

function backFromPaper() {
  byId("printed").hidden = true;
  byId("printed").replaceChildren();
}

function offerPaper() {
  addEventListener("beforeprint", readyForPaper);
  addEventListener("afterprint", backFromPaper);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? readyForPaper : backFromPaper)());
}

async function start() {
  offerTheme();
  offerPaper();
  await loadIndex();
  fillChoices();
  listen();
  apply(isSection(location.hash) ? NOTHING : readAddress());
  if (isSection(location.hash)) openSection();
  else if (location.hash.length > 1) byId("samples").scrollIntoView();
}

start();
