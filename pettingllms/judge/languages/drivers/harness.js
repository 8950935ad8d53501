// Around published tests: takes the secret before they run, and gives it back once all is done.
const fs = require("fs");
const secret = fs.readFileSync(3);
fs.closeSync(3);
const write = fs.writeSync.bind(fs);

const check = (truth, ...said) => {
  if (!truth) throw new Error(`Assertion failed: ${said.join(" ")}`);
};
// What tests ask with, no answer takes away.
const assert = require("assert");
for (const tool of [assert, assert.strict, JSON]) Object.freeze(tool);
Object.defineProperty(console, "assert", { value: check, writable: false, configurable: false });
for (const name of ["console", "JSON"])
  Object.defineProperty(globalThis, name, { value: globalThis[name], writable: false, configurable: false });
process.on("beforeExit", () => {
  if (!process.exitCode) write(4, secret);
  process.exit();
});
const on = process.on;
const OWN = ["uncaughtException", "unhandledRejection", "beforeExit", "exit"];
for (const name of ["on", "once", "addListener", "prependListener"])
  process[name] = (event, ...rest) => (OWN.includes(event) ? process : on.call(process, event, ...rest));
try {
  require(`./${process.argv[2]}`);
} catch (error) {
  console.error(error);
  process.exit(1);
}
