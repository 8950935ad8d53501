/* Answers as text and code, and the few colours that make code readable, in every language that
   answers are judged in. */

const LONGEST_COLOURED = 200_000;
const NUMBER = /(?<number>\b(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)\w*)/;
const NAME = /(?<name>[A-Za-z_$]\w*)/;
const PLAIN_STRINGS = /(?<string>"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?)/;
const SLASHES = /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))/;
const HASHES = /(?<comment>(?<![\w$])#[^\n]*)/;
const SLASHES_OR_HASHES = /(?<comment>(?:\/\/|#)[^\n]*|\/\*[^]*?(?:\*\/|$))/;
const PYTHON_STRINGS =
  /(?<string>(?:\b[rbfuRBFU]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?))/;
const TEMPLATE_STRINGS = /(?<string>`(?:\\[^]|[^`\\])*`?|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?)/;
const LIFETIMES = /(?<string>b?"(?:\\[^]|[^"\\])*"?|'(?:\\[^\n]{1,8}|[^'\\\n])')/; // what is 'a of Rust is none
const DECORATOR = /(?<decorator>@[\w.]+)/;
const DIRECTIVE = /(?<decorator>^[ \t]*#[ \t]*\w+|^[ \t]*#!?\[[^\n]*)/;

/** The comments, strings and further signs of a language, and its keywords. */
function language(names, signs, keywords) {
  const pattern = new RegExp([...signs, NUMBER, NAME].map((part) => part.source).join("|"), "gm");
  const row = { pattern, keywords: new Set(keywords.split(" ")) };
  return names.split(" ").map((name) => [name, row]);
}

const C_WORDS = "auto bool break case char const continue default do double else enum extern false float for goto if " +
  "inline int long return short signed sizeof static struct switch true typedef union unsigned void volatile while";
const JS_WORDS = "async await break case catch class const continue default delete do else export extends false finally " +
  "for from function if import in instanceof let new null of return static super switch this throw true try typeof " +
  "undefined var void while yield";
const LANGUAGES = new Map([
  ...language("python py python3", [HASHES, PYTHON_STRINGS, DECORATOR],
    "False None True and as assert async await break case class continue def del elif else except finally for from " +
    "global if import in is lambda match nonlocal not or pass raise return try while with yield"),
  ...language("c h", [SLASHES, DIRECTIVE, PLAIN_STRINGS], C_WORDS),
  ...language("cpp c++ cc cxx", [SLASHES, DIRECTIVE, PLAIN_STRINGS], `${C_WORDS} catch class constexpr const_cast ` +
    "decltype delete explicit friend mutable namespace new noexcept nullptr operator override private protected public " +
    "static_cast template this throw try typename using virtual"),
  ...language("csharp cs c#", [SLASHES, DIRECTIVE, PLAIN_STRINGS], `${C_WORDS} abstract as async await base catch class ` +
    "foreach get in internal is namespace new null object out override private protected public readonly ref set string " +
    "this throw try using var virtual"),
  ...language("java", [SLASHES, DECORATOR, PLAIN_STRINGS], `${C_WORDS} abstract assert boolean byte catch class extends ` +
    "final finally implements import instanceof interface new null package private protected public record super this " +
    "throw throws try var"),
  ...language("javascript js", [SLASHES, TEMPLATE_STRINGS], JS_WORDS),
  ...language("typescript ts", [SLASHES, DECORATOR, TEMPLATE_STRINGS], `${JS_WORDS} any as boolean declare enum ` +
    "implements interface keyof namespace never number private protected public readonly string type unknown"),
  ...language("go golang", [SLASHES, TEMPLATE_STRINGS], "break case chan const continue default defer else fallthrough " +
    "false for func go goto if import interface map nil package range return select struct switch true type var"),
  ...language("rust rs", [SLASHES, DIRECTIVE, LIFETIMES], "as async await break const continue dyn else enum extern false " +
    "fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe " +
    "use where while"),
  ...language("kotlin kt", [SLASHES, DECORATOR, PLAIN_STRINGS], "as break by class continue data do else false for fun if " +
    "import in interface is lateinit null object open override package private return sealed super this throw true try " +
    "val var when while"),
  ...language("php", [SLASHES_OR_HASHES, PLAIN_STRINGS], "abstract and array as break case catch class const continue " +
    "declare default do echo else elseif extends false final finally fn for foreach function global if implements " +
    "instanceof interface namespace new null or private protected public return static switch throw true try use while"),
  ...language("ruby rb", [HASHES, PLAIN_STRINGS], "alias and begin break case class def do else elsif end ensure false for " +
    "if in module next nil not or redo rescue retry return self super then true undef unless until when while yield"),
  ...language("bash sh shell", [HASHES, PLAIN_STRINGS], "case do done elif else esac exit export fi for function if in " +
    "local read return select set shift then until while"),
]);
const DEFINING = new Set("def class fn func fun function interface struct enum trait type record object".split(" "));

function coloured(code, { pattern, keywords }) {
  const pieces = document.createDocumentFragment();
  let end = 0;
  let before = "";
  for (const found of code.slice(0, LONGEST_COLOURED).matchAll(pattern)) {
    const kind = kindOf(found.groups, keywords, before);
    before = found[0];
    if (!kind) continue;
    pieces.append(visible(code.slice(end, found.index)), element("span", { class: kind }, found[0]));
    end = found.index + found[0].length;
  }
  pieces.append(visible(code.slice(end)));
  return pieces;
}

function kindOf(groups, keywords, before) {
  if (groups.name === undefined) {
    return Object.keys(groups).find((kind) => groups[kind] !== undefined);
  }
  if (keywords.has(groups.name)) return "keyword";
  return DEFINING.has(before) ? "defined" : null;
}

/** As its fence says, or else in the language that was asked for. */
function codeBlock(code, label) {
  const row = LANGUAGES.get((label || languageAsked).toLowerCase());
  return element("pre", {}, element("code", {}, row ? coloured(code, row) : code));
}

let languageAsked = "python";

/** Prose as it is, and what stands between fences as code; a fence left open reaches the end. */
function prose(text) {
  const parts = element("div", { class: "prose" });
  const lines = text.split("\n");
  let plain = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = /^\s*(`{3,}|~{3,})\s*([\w+#-]*)/.exec(lines[at]);
    if (!fence) {
      plain.push(lines[at]);
      continue;
    }
    addText(parts, plain);
    plain = [];
    const start = at + 1;
    do at += 1; while (at < lines.length && !lines[at].trim().startsWith(fence[1]));
    parts.append(codeBlock(lines.slice(start, at).join("\n"), fence[2]));
  }
  addText(parts, plain);
  return parts;
}

function addText(parts, lines) {
  const text = lines.join("\n").replace(/^\s*\n|\s+$/g, "");
  if (text) parts.append(element("p", {}, text));
}
