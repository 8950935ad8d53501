// Takes the types out of TypeScript. What is no TypeScript at all is refused; types that do not fit
// are not, as whoever runs a program in the end does not see them either.
const fs = require("fs");
const ts = require("typescript");

function transpiled(file, text) {
  return ts.transpileModule(text, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: file.endsWith(".mts") ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      experimentalDecorators: true,
    },
  });
}

// Words about types that a compiler before 4.9 and 5.0 does not know.
function asOlder(text) {
  return text
    .replace(/\bsatisfies(?=\s+[\w{([])/g, "as")
    .replace(/<const(?=\s+\w)/g, "<")
    .replace(/\baccessor\s+(?=#?\w+\s*[=:;!?])/g, "");
}

let failed = false;
for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file, "utf8");
  const [first, older] = [transpiled(file, text), transpiled(file, asOlder(text))];
  const { outputText, diagnostics } = older.diagnostics.length ? first : older;
  for (const { file: source, start, messageText } of diagnostics) {
    const { line, character } = source.getLineAndCharacterOfPosition(start);
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    console.error(`${file}(${line + 1},${character + 1}): ${text}`);
    failed = true;
  }
  fs.writeFileSync(file.replace(/ts$/, "js"), outputText);
}
process.exit(failed ? 1 : 0);
