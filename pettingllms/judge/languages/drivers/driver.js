// Calls one function of an answer: a line of arguments in JSON from descriptor 3 for each call, a
// line of what came of it to descriptor 4. It knows no expected value.
const fs = require("fs");
const vm = require("vm");

const [file, name] = process.argv.slice(2);
const calls = fs.readFileSync(3, "utf8").split("\n").filter((line) => line);
const stringify = JSON.stringify;
const write = fs.writeSync;

function encode(value) {
  switch (typeof value) {
    case "bigint":
      return { int: (value < 0n ? "-0x" : "0x") + (value < 0n ? -value : value).toString(16) };
    case "number":
      return Number.isFinite(value) ? value : { float: String(value).toLowerCase().replace("infinity", "inf") };
    case "string":
    case "boolean":
      return value;
    case "object":
      break;
    default:
      return null;
  }
  if (value === null) return null;
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value, encode);
  if (value instanceof Set) return { set: Array.from(value, encode) };
  const pairs = value instanceof Map ? Array.from(value) : Object.entries(value);
  return { dict: pairs.map(([key, item]) => [encode(key), encode(item)]) };
}

function find() {
  const found = vm.runInThisContext(
    `typeof ${name} === "function" ? ${name} : typeof Solution === "function" ? (...a) => new Solution().${name}(...a) : undefined`,
  );
  const exported = globalThis.module.exports;
  return found ?? exported[name] ?? exported;
}

async function main() {
  globalThis.require = require;
  globalThis.module = { exports: {} };
  globalThis.exports = globalThis.module.exports;
  const code = fs.readFileSync(file, "utf8").replace(/^export\s+(default\s+)?(?=[\w({])/gm, "");
  vm.runInThisContext(code, { filename: file });
  for (const call of calls) {
    const args = JSON.parse(call);
    let said;
    try {
      const result = await find()(...args);
      said = { value: encode(result === undefined ? args[0] : result) };
    } catch (error) {
      const traceback = String((error && error.stack) || error).split("\n").slice(0, 4).join("\n");
      said = { raised: { types: ["Error"], message: "", traceback } };
    }
    write(4, stringify(said) + "\n");
  }
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
