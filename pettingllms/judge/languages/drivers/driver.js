// Calls one function of an answer, or the methods of an object: a line of arguments in JSON from
// descriptor 3 for each call, a line of what came of it to descriptor 4. It knows no expected value.
const fs = require("fs");
const vm = require("vm");

const file = process.argv[2];
const { name, owner, how, kinds, gives, methods } = JSON.parse(process.argv[3]);
const calls = fs.readFileSync(3, "utf8").split("\n").filter((line) => line);
const stringify = JSON.stringify;
const write = fs.writeSync;
const MOST_NODES = 100000;
const known = []; // the nodes of trees: arguments may name one by its value
let byValue = false;

class ListNode {
  constructor(val, next) {
    this.val = val === undefined ? 0 : val;
    this.next = next === undefined ? null : next;
  }
}
class TreeNode {
  constructor(val, left, right) {
    this.val = val === undefined ? 0 : val;
    this.left = left === undefined ? null : left;
    this.right = right === undefined ? null : right;
  }
}
class Node {
  constructor(val, children) {
    this.val = val === undefined ? 0 : val;
    this.children = children === undefined ? [] : children;
  }
}
const global = (word) => vm.runInThisContext(`typeof ${word} === "undefined" ? undefined : ${word}`);

function linked(values) {
  const first = {};
  let last = first;
  for (const value of values) last = last.next = new (global("ListNode"))(value);
  return first.next ?? null;
}

function tree(values) {
  if (!values.length || values[0] === null) return null;
  const make = (value) => (known.push(new (global("TreeNode"))(value)), known[known.length - 1]);
  const root = make(values[0]);
  const parents = [root];
  for (let at = 1; at < values.length && parents.length; ) {
    const parent = parents.shift();
    for (const side of ["left", "right"]) {
      const value = values[at++] ?? null;
      if (value !== null) parents.push((parent[side] = make(value)));
    }
  }
  return root;
}

// Level by level, null after the children of each.
function branched(values) {
  if (!values.length || values[0] === null) return null;
  const make = (value) => new (global("_Node") ?? global("Node"))(value, []);
  const root = make(values[0]);
  const parents = [root];
  for (const value of values.slice(2)) {
    if (!parents.length) break;
    if (value === null) parents.shift();
    else parents.push(parents[0].children[parents[0].children.push(make(value)) - 1]);
  }
  return root;
}

function decode(value, kind = "") {
  if (value === null) return null;
  if (kind.endsWith("[]")) return value.map((one) => decode(one, kind.slice(0, -2)));
  if (kind === "ListNode" && Array.isArray(value)) return linked(value);
  if (kind === "TreeNode" && Array.isArray(value)) return tree(value);
  if (kind === "Node" && Array.isArray(value)) return branched(value);
  if (kind === "TreeNode") {
    byValue = true;
    return known.findLast((node) => node.val === value) ?? null;
  }
  if (typeof value === "object" && /^-?0x[0-9a-f]+$/.test(value.int) && Object.keys(value).length === 1) {
    const whole = value.int.startsWith("-") ? -BigInt(value.int.slice(1)) : BigInt(value.int);
    return kind === "bigint" ? whole : Number(whole);
  }
  return kind === "bigint" ? BigInt(value) : value;
}

function endless() {
  throw new Error("the nodes never end");
}

function unlinked(node) {
  const values = [];
  for (; node; node = node.next) if (values.push(node.val) > MOST_NODES) endless();
  return values;
}

function byLevel(root) {
  const level = [root];
  for (let at = 0; at < level.length; at++) {
    if (level.length > 2 * MOST_NODES) endless();
    if (level[at]) level.push(level[at].left, level[at].right);
  }
  return valuesOf(level);
}

function valuesOf(level) {
  while (level.length && !level[level.length - 1]) level.pop();
  return level.map((node) => (node ? node.val : null));
}

function unbranched(root) {
  const level = [root, null];
  for (let at = 0; at < level.length; at++) {
    if (level.length > 2 * MOST_NODES) endless();
    if (level[at]) level.push(...(level[at].children ?? []), null);
  }
  return valuesOf(level);
}

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
  if (value instanceof (global("ListNode") ?? ListNode)) return encode(unlinked(value));
  if (value instanceof (global("TreeNode") ?? TreeNode)) return encode(byValue ? value.val : byLevel(value));
  if (value instanceof Number || value instanceof String || value instanceof Boolean) return value.valueOf();
  if (typeof value.next === "function" && Symbol.iterator in value) return Array.from(value, encode);
  const pairs = value instanceof Map ? Array.from(value) : Object.entries(value);
  return { dict: pairs.map(([key, item]) => [encode(key), encode(item)]) };
}

function encodeAs(value, kind) {
  if (!kind) return encode(value);
  if (kind.endsWith("[]")) return Array.from(value, (one) => encodeAs(one, kind.slice(0, -2)));
  if (kind === "bigint") return encode(value);
  if (value === null || value === undefined) return byValue ? null : [];
  if (typeof value !== "object") return encode(value);
  if (kind === "ListNode" && "next" in value) return encode(unlinked(value));
  if (kind === "Node" && "children" in value) return encode(unbranched(value));
  if (kind === "TreeNode" && "left" in value) return encode(byValue ? value.val : byLevel(value));
  return encode(value);
}

function find() {
  for (const word of [owner, "Solution"]) {
    const kind = word && typeof global(name) !== "function" ? global(word) : undefined;
    if (typeof kind === "function") {
      if (typeof kind[name] === "function") return kind[name].bind(kind);
      return (...args) => new kind()[name](...args);
    }
    if (kind && typeof kind[name] === "function") return kind[name].bind(kind);
  }
  const found = global(name);
  const exported = globalThis.module.exports;
  return typeof found === "function" ? found : exported[name] ?? exported.default ?? exported;
}

// A function that returns nothing has changed its first argument: always, or never.
let returnsNothing = null;
function settle(isNothing) {
  returnsNothing ??= isNothing;
  if (returnsNothing && !isNothing) throw new Error("it returns a value, and returned none before");
  return returnsNothing;
}

async function called(args) {
  const given = args.map((arg, at) => decode(arg, kinds[at]));
  const returned = await find()(...given);
  const at = how === "returned" ? 0 : Number(how);
  const isGiven = returned === null || returned === given[at]; // as either kind may
  if (how === "returned" && (isGiven || !settle(returned === undefined))) {
    return encodeAs(returned === undefined ? null : returned, gives);
  }
  return encodeAs(given[at], kinds[at]);
}

async function lived([names, calls]) {
  const kind = global(name) ?? globalThis.module.exports[name] ?? globalThis.module.exports;
  const given = (method, args) => args.map((arg, at) => decode(arg, methods[method].kinds[at]));
  const object = new kind(...given(name, calls[0]));
  const said = [null];
  for (let at = 1; at < names.length; at++) {
    const returned = await object[names[at]](...given(names[at], calls[at]));
    said.push(encodeAs(returned, methods[names[at]].gives && returned !== undefined ? methods[names[at]].gives : ""));
  }
  return said;
}

async function main() {
  Object.assign(globalThis, { require, ListNode, TreeNode, Node, _Node: Node, module: { exports: {} } });
  globalThis.exports = globalThis.module.exports;
  vm.runInThisContext(fs.readFileSync(file, "utf8"), { filename: file });
  for (const call of calls) {
    let said;
    try {
      said = { value: await (how === "life" ? lived : called)(JSON.parse(call)) };
    } catch (error) {
      const traceback = String((error && error.stack) || error).split("\n").slice(0, 4).join("\n");
      said = { raised: { types: ["Error"], message: "", traceback } };
    }
    write(4, stringify(said) + "\n");
  }
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
