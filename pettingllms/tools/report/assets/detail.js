/* One attempt in full. */

const isOpen = { system: false, user: true, assistant: false, reasoning: false };
let inView;

/** One attempt in full, or beside the `other` one that it is held against. */
async function showDetail(row, other = null) {
  const own = inView = `${row} ${other}`;
  const entry = INDEX[row];
  const made = entry ? await contentOf(entry, INDEX[other]) : [];
  if (inView !== own) return;
  byId("detail").replaceChildren(...made);
  byId("detail").scrollTop = 0;
}

async function contentOf(entry, other) {
  if (other) return comparisonOf(entry, other);
  const attempt = await attemptOf(entry.row);
  languageAsked = attempt.language || "python";
  return detailOf(entry, attempt);
}

function detailOf(entry, attempt) {
  const answer = attempt.completion;
  return [
    heading(entry),
    turnLinks(entry),
    results(attempt),
    element("h4", {}, "Prompt"),
    ...attempt.messages.map(message),
    answer && element("h4", {}, "Answer"),
    answer?.reasoning && folded("reasoning", "reasoning", answer.reasoning),
    answer && (answer.text ? prose(answer.text) : element("p", { class: "nothing" }, "Empty.")),
    ...review(attempt.review),
    element("h4", {}, "Lineage"),
    facts(lineage(entry, attempt)),
    ...problemFacts(attempt),
  ].filter(Boolean);
}

function heading(entry) {
  return element("header", {},
    element("button", { type: "button", class: "back" }, "← List"),
    element("h3", {}, entry.problem),
    element("span", { class: `badge ${entry.kind}` }, words(entry.reason)),
    element("p", {}, `${entry.kind === "tests" ? "test set, " : ""}sample ${entry.sample}, turn ${entry.turn}`,
      " · ", element("a", { href: linkTo({ problem: entry.problem, row: entry.row }) }, "all attempts at this problem"),
      ...[compareLink(entry)].filter(Boolean).flatMap((link) => [" · ", link])));
}

/** The way from turn to turn of the sample. */
function turnLinks(entry) {
  const turns = turnsOf(entry);
  if (turns.length < 2) return null;
  const links = turns.map((turn) => element("li", {},
    element("a", {
      href: linkTo({ ...asked, row: turn.row }),
      "aria-current": turn.row === entry.row ? "true" : null,
      class: turn.kind,
    }, `turn ${turn.turn}: ${words(turn.reason)}`)));
  return element("ol", { class: "turns", "aria-label": "Turns of this sample" }, ...links);
}

function results({ verdict, failure, agreement, agent }) {
  if (failure) return resultBox("failed", words(failure.cause), { said: failure.message });
  if (!verdict) return null;
  const { test, expected, got, error } = verdict.failure ?? {};
  const isRight = verdict.outcome === "passed" || verdict.outcome === "agreed";
  return resultBox(isRight ? "accepted" : "rejected",
    testsInWords(verdict, agreement, agent),
    { reason: verdict.reason, test, expected, got, error });
}

function testsInWords({ outcome, tests_passed, tests_total }, agreement, agent) {
  if (outcome === "agreed" && agreement) {
    return `${agreement.alike} of ${counted(agreement.answers, "answer")} return the same; the test`
      + ` writer had ${tests_passed} of ${counted(tests_total, "test")} right`;
  }
  if (!tests_total) return "no tests run";
  if (agent === "test") return `${tests_passed} of ${counted(tests_total, "case")} right`;
  return `${tests_passed} of ${counted(tests_total, "test")} passed`;
}

function resultBox(kind, title, found) {
  return element("section", { class: `results ${kind}`, "aria-label": "Test results" },
    element("p", {}, title), facts(found));
}

function facts(found) {
  const told = Object.entries(found).filter(([, value]) => value != null && value !== "");
  if (!told.length) return null;
  return element("dl", { class: "facts" }, ...told.flatMap(([name, value]) =>
    [element("dt", {}, name), element("dd", {}, String(value))]));
}

function message({ role, content, reasoning }) {
  return folded(role, role, content, reasoning);
}

function folded(kind, title, text, reasoning) {
  const box = element("details", { class: `said ${kind}`, open: isOpen[kind] },
    element("summary", {}, title, " ", element("small", {}, counted(text.length, "character"))),
    reasoning ? element("blockquote", {}, reasoning) : null,
    prose(text));
  box.addEventListener("toggle", () => { isOpen[kind] = box.open; });
  return box;
}

/** What is known of the problem. */
function problemFacts({ metadata }) {
  const known = Object.entries(metadata ?? {});
  if (!known.length) return [];
  const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));
  return [element("h4", {}, "Problem"),
    facts(Object.fromEntries(known.map(([name, value]) => [words(name), text(value)])))];
}

function review(asked) {
  if (!asked) return [];
  const said = asked.completion?.text ?? asked.failure?.message ?? "";
  return [element("h4", {}, "Grade"), prose(said)];
}

function lineage(entry, attempt) {
  const { completion, verdict } = attempt;
  const usage = completion?.usage;
  return {
    "line": `${ATTEMPTS_FILE}:${entry.row + 1}`,
    "request key": attempt.request_key,
    "response id": completion?.response_id,
    "provider": attempt.provider,
    "model": completion?.model || attempt.model,
    "run": attempt.run_id,
    "paid by run": completion?.cached ? completion.run_id : null,
    "received": completion?.received_at,
    "finish reason": completion?.finish_reason,
    "tokens in": usage && tokens(usage.prompt_tokens, usage.cached_tokens, "cached"),
    "tokens out": usage && tokens(usage.completion_tokens, usage.reasoning_tokens, "reasoning"),
    "cost": completion && costOf(attempt),
    "latency": completion && `${completion.latency_s.toFixed(2)} s`,
    "retries": Object.entries(attempt.retries).map(([cause, n]) => `${n} ${words(cause)}`).join(", "),
    "judged by": verdict?.judged_by,
    "CPU time of the tests": verdict?.judged_by ? `${verdict.seconds.toFixed(3)} s` : null,
  };
}

function tokens(count, part, kind) {
  return count.toLocaleString("en") + (part ? `, ${part.toLocaleString("en")} of them ${kind}` : "");
}

function costOf({ completion, cost_usd: cost }) {
  if (completion.cached) return "from the cache";
  return cost == null ? "no known price" : `$${cost.toLocaleString("en", { maximumSignificantDigits: 4 })}`;
}
