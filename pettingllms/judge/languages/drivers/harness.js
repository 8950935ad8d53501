// Around published tests: takes the secret before they run, and gives it back once all is done.
const fs = require("fs");
const secret = fs.readFileSync(3);
fs.closeSync(3);
const write = fs.writeSync.bind(fs);

console.assert = (truth, ...said) => {
  if (!truth) throw new Error(`Assertion failed: ${said.join(" ")}`);
};
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
