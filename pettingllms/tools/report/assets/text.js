/* The packed lines of attempts, and words in them: for the page, and for the worker that searches. */

const CUT_OFF = "This file is cut off: make the report again.";

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function unpack(base64) {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  writer.write(bytesOf(base64));
  writer.close();
  return new Response(stream.readable).text();
}

function lineIn(lines, at) {
  if (!lines[at]) throw new Error(CUT_OFF);
  return lines[at];
}

/** What to look for: in text, and in the JSON that holds it. */
function patternsOf(words) {
  const ignoringCase = (text) => new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "i");
  return { inText: ignoringCase(words), inJson: ignoringCase(JSON.stringify(words).slice(1, -1)) };
}

/** Which of `rows` hold the words. A line is parsed only where its JSON holds them; then what is text
    in it decides. */
async function rowsWith({ packed, first, rows, words }) {
  const lines = (await unpack(packed)).split("\n");
  const { inJson, inText } = patternsOf(words);
  return rows.filter((row) => {
    const line = lineIn(lines, row - first);
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
    JSON.stringify(attempt.metadata ?? {}),
  ].filter(Boolean);
}
