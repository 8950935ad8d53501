"""Functions and classes as people write them for puzzle sites, each with calls that a right judge
accepts: what they take and give back, how they are wrapped, what they leave out."""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any, NamedTuple

Steps = tuple[tuple[str, list[Any], Any], ...]


class Habit(NamedTuple):
    """`pairs` are arguments and what they lead to; `result` numbers the argument that is changed."""

    entry_point: str
    code: str
    pairs: tuple[tuple[tuple[Any, ...], Any], ...]
    result: int | None = None


def one(entry: str, code: str, *args: Any, gives: Any, result: int | None = None) -> Habit:
    return Habit(entry, code, ((args, gives),), result)


def life(name: str, code: str, *steps: tuple[str, list[Any], Any]) -> Habit:
    """An object of the class, and what its methods are called with and give."""
    names, calls, values = zip(*steps, strict=True)
    return Habit(name, code, (((list(names), list(calls)), list(values)),))


CACHE: Steps = (
    ("LRUCache", [2], None), ("put", [1, 1], None), ("put", [2, 2], None), ("get", [1], 1),
    ("put", [3, 3], None), ("get", [2], -1), ("get", [3], 3),
)  # fmt: skip
WORDS: Steps = (
    ("Trie", [], None),
    ("insert", ["apple"], None),
    ("search", ["apple"], True),
    ("startsWith", ["ab"], False),
)
MEDIAN: Steps = (
    ("MedianFinder", [], None),
    ("addNum", [1], None),
    ("addNum", [2], None),
    ("findMedian", [], 1.5),
)
WALK: Steps = (
    ("BSTIterator", [[7, 3, 15, None, None, 9, 20]], None),
    ("next", [], 3),
    ("hasNext", [], True),
    ("next", [], 7),
)
TREE = [5, 3, 6, 2, 4]
FAMILY = [1, None, 3, 2, 4, None, 5, 6]

HABITS: dict[str, dict[str, Habit]] = {
    "cpp": {
        "a life": life("LRUCache", "class LRUCache {\n    int c; list<pair<int,int>> l; unordered_map<int, list<pair<int,int>>::iterator> m;\npublic:\n    LRUCache(int capacity) : c(capacity) {}\n    int get(int key) { auto it = m.find(key); if (it == m.end()) return -1; l.splice(l.begin(), l, it->second); return it->second->second; }\n    void put(int key, int value) { if (get(key) != -1) { l.begin()->second = value; return; } if ((int)l.size() == c) { m.erase(l.back().first); l.pop_back(); } l.push_front({key, value}); m[key] = l.begin(); }\n};\n/** Your LRUCache object will be instantiated: LRUCache* obj = new LRUCache(capacity); */", *CACHE),
        "a life without a constructor": life("Trie", "struct Trie { set<string> w; void insert(string s) { w.insert(s); } bool search(const string &s) const { return w.count(s); } bool startsWith(string_view p) { auto it = w.lower_bound(string(p)); return it != w.end() && it->substr(0, p.size()) == p; } };", *WORDS),
        "a life of a tree": life("BSTIterator", "class BSTIterator {\n stack<TreeNode*> s; void down(TreeNode* r) { for (; r; r = r->left) s.push(r); }\npublic: BSTIterator(TreeNode* root) { down(root); } int next() { auto t = s.top(); s.pop(); down(t->right); return t->val; } bool hasNext() { return !s.empty(); } };", *WALK),
        "a life with overloads": life("Box", "class Box { vector<int> v; public: Box() {} Box(vector<int>& a) : v(a) {} void add(int x) { v.push_back(x); } void add(int x, int n) { while (n--) v.push_back(x); } vector<int> all() { return v; } };", ("Box", [[1]], None), ("add", [2], None), ("add", [3, 2], None), ("all", [], [1, 2, 3, 3])),
        "no public": one("f", "class Solution {\n    int f(int x) { return x + 1; }\n};", 1, gives=2),
        "public elsewhere": one("f", "class Solution {\nprivate:\n int g(int x) { return x; }\npublic:\n int f(int x) { return g(x) + 1; }\n};", 1, gives=2),
        "an argument is the result": one("f", "class Solution { public: int f(vector<int>& a, vector<int>& b) { b = a; return 7; } };", [1, 2], [], gives=[1, 2], result=1),
        "a board": one("solve", "class Solution {\npublic:\n    void solve(vector<vector<char>>& board) { board[0][0] = 'Z'; }\n};", [["A", "B"], ["C", "D"]], gives=[["Z", "B"], ["C", "D"]]),
        "int is long long": one("f", "#include <bits/stdc++.h>\n#define int long long\nusing namespace std;\nint f(vector<int> a) { int s = 0; for (int x : a) s += x; return s; }\nint32_t main() { cout << f({1}); }", [1 << 40, 1], gives=(1 << 40) + 1),
        "macros": one("f", "#define all(x) (x).begin(), (x).end()\n#define f0 first\n#define value 5\n#define rep(i, n) for (int i = 0; i < (n); ++i)\ntypedef long long ll;\nll f(vector<int> v) { sort(all(v)); ll s = 0; rep(i, v.size()) s += v[i] * i; return s; }", [2, 1], gives=2),
        "an overload": one("f", "int f(vector<int>& a, int i) { return i == a.size() ? 0 : a[i] + f(a, i + 1); }\nint f(vector<int>& a) { return f(a, 0); }", [1, 2, 3], gives=6),
        "a template": one("top", "template <typename T>\nT top(const vector<T>& v) { return *max_element(v.begin(), v.end()); }", [1.5, 2.5], gives=2.5),
        "a name of the library": one("gcd", "#include <numeric>\nusing namespace std;\nlong long gcd(long long a, long long b) { return b ? gcd(b, a % b) : a; }", 12, 18, gives=6),
        "a name of the driver": one("judge", "bool judge(int x) { return x > 0; }", 1, gives=True),
        "std and bare": one("f", "std::string f(vector<string>& w) { return w.back(); }", ["a", "é\"\\\n"], gives="é\"\\\n"),
        "pragmas": one("f", "#pragma GCC optimize(\"O3,unroll-loops\")\n#pragma GCC target(\"avx2,bmi,popcnt\")\n#include <vector>\nint f(unsigned x) { return __builtin_popcount(x); }", 4294967295, gives=32),
        "unsigned": one("f", "class Solution { public: uint32_t f(uint64_t n) { return n >> 32; } };", 2**64 - 1, gives=2**32 - 1),
        "a wide number": one("f", "__int128 f(long long x) { return (__int128)x * x; }", 1 << 40, gives=1 << 80),
        "an optional and a variant": one("f", "std::optional<int> f(std::optional<int> x, std::vector<std::variant<int, std::string>> v) { if (x) return *x; if (v.size() > 1) return std::nullopt; return std::get<int>(v[0]); }", None, [3], gives=3),
        "a set and a map": one("f", "map<int, int> f(vector<pair<int, int>> v) { map<int, int> o; for (auto& [a, b] : v) o[a] += b; return o; }", [[1, 2], [1, 3]], gives={"1": 5}),
        "a static method": one("f", "class Solution { public: static bool f(bool a, double b) { return a && b > 0.5; } };", True, 1, gives=True),
        "a constant method": one("f", "struct Solution { int f(const string& s) const { return s.size(); } };", "", gives=0),
        "an owner in the name": one("Tool.f", "class Tool { public: int f(int x) { return x * 3; } };", 2, gives=6),
        "empty lists": one("f", "vector<vector<int>> f(vector<vector<string>> v) { return vector<vector<int>>(v.size()); }", [[], []], gives=[[], []]),
        "an array and its length": one("f", "int f(int arr[], int n) { sort(arr, arr + n); return arr[n - 1]; }", [2, 9, 4], 3, gives=9),
        "an array turned in place": one("f", "class Solution { public: void f(int *a, int n) { reverse(a, a + n); } };", [1, 2, 3], 3, gives=[3, 2, 1]),
        "an argument left out": one("f", "int f(vector<int> v, int k = 5) { return v.size() + k; }", [1], gives=6),
        "a class within": one("Solution.f", "class Outer { public: int g() { return 1; } };\nclass Solution { struct P { int a; }; public: int f(int x) { P p{x}; return p.a + Outer().g(); } };\nint main() { return Solution().f(1); }", 1, gives=2),
        "a lambda": one("f", "auto f = [](int a, int b) { return a - b; };", 5, 3, gives=2),
        "overloads by type": Habit("f", "class Solution{public: int f(string s){return s.size();} int f(const vector<int> &v){return v.size()*10;} private: int f(int x, int y){return x+y;} public: int f(int x){return -x;}};", ((([1, 2],), 20), (("abc",), 3), ((5,), -5))),
        "overloads by the width of numbers": Habit("f", "double f(double x){return x*2;}\nlong long f(long long x){return x+2;}\nint f(int x){return x+1;}", (((3,), 4), ((1 << 40,), (1 << 40) + 2), ((1.5,), 3.0))),
        "children": Habit("turned", "/*\n// Definition for a Node.\nclass Node { };\n*/\nclass Solution { public: Node* turned(Node* root){ if(root){ reverse(root->children.begin(), root->children.end()); for (auto *c : root->children) turned(c); } return root; } };", (((FAMILY,), [1, None, 4, 2, 3, None, None, None, 6, 5]), (([],), []))),
        "rows by where they begin, and a span": one("f", "#include <span>\nint f(int** a, int b[][2], std::span<const int> c){ return a[1][0]+b[0][1]+c.size(); }", [[1], [2]], [[3, 4]], [5, 6], gives=8),
    },
    "java": {
        "a life": life("LRUCache", "class LRUCache {\n    private LinkedHashMap<Integer, Integer> m; private int c;\n    public LRUCache(int capacity) { c = capacity; m = new LinkedHashMap<>(16, 0.75f, true) { protected boolean removeEldestEntry(Map.Entry<Integer, Integer> e) { return size() > c; } }; }\n    public int get(int key) { return m.getOrDefault(key, -1); }\n    public void put(int key, int value) { m.put(key, value); }\n}", *CACHE),
        "a life without a constructor": life("Trie", "public class Trie { TreeSet<String> w = new TreeSet<>(); public void insert(String s) { w.add(s); } public boolean search(String s) { return w.contains(s); } public boolean startsWith(String p) { String c = w.ceiling(p); return c != null && c.startsWith(p); } }", *WORDS),
        "a life of a tree": life("BSTIterator", "class BSTIterator { Deque<TreeNode> s = new ArrayDeque<>(); public BSTIterator(TreeNode root) { down(root); } void down(TreeNode r) { for (; r != null; r = r.left) s.push(r); } public int next() { TreeNode t = s.pop(); down(t.right); return t.val; } public boolean hasNext() { return !s.isEmpty(); } }", *WALK),
        "a life of halves": life("MedianFinder", "class MedianFinder { List<Integer> a = new ArrayList<>(); public void addNum(int num) { a.add(num); Collections.sort(a); } public double findMedian() { int n = a.size(); return (a.get(n / 2) + a.get((n - 1) / 2)) / 2.0; } }", *MEDIAN),
        "an argument is the result": one("f", "class Solution { public int f(int[] a, int[] b) { b[0] = a[0]; return 7; } }", [1], [0], gives=[1], result=1),
        "a board": one("solve", "class Solution { public void solve(char[][] board) { board[0][0] = 'Z'; } }", [["A", "B"], ["C", "D"]], gives=[["Z", "B"], ["C", "D"]]),
        "lists of lists": one("f", "class Solution { public List<List<Integer>> f(List<List<Integer>> a) { List<List<Integer>> o = new ArrayList<>(); for (List<Integer> r : a) { Collections.reverse(r); o.add(r); } return o; } }", [[1, 2], []], gives=[[2, 1], []]),
        "an overload by type": one("f", "class Solution { public int f(String s) { return s.length(); } public int f(int[] a) { return a.length; } }", "abc", gives=3),
        "generics": one("top", "class Solution { public static <T extends Comparable<T>> T top(List<T> v) { return Collections.max(v); } }", [1, 3, 2], gives=3),
        "a package and a main": one("f", "package com.example.x;\n\nimport java.util.List;\n\npublic class Foo {\n    public static void main(String[] args) { System.out.println(f(1)); }\n    public static long f(int x) { return x + 1L; }\n}", 2147483647, gives=2147483648),
        "a bare method with imports": one("f", "import java.util.stream.*;\n\npublic int f(int[] a) {\n    return IntStream.of(a).sum();\n}", [1, 2], gives=3),
        "a record and an entry": one("f", "class Solution { record P(int a, String b) {} List<Object> f(int x) { return List.of(new P(x, \"y\"), Map.entry(1, 2), new int[][] {{x}}); } }", 5, gives=[[5, "y"], [1, 2], [[5]]]),
        "an optional": one("f", "class Solution { Optional<Integer> f(List<Integer> a) { return a.stream().filter(x -> x > 5).findFirst(); } }", [1], gives=None),
        "a wide number": one("f", "import java.math.BigInteger;\nclass Solution { BigInteger f(BigInteger x) { return x.multiply(x); } }", 1 << 40, gives=1 << 80),
        "kinds of collections": one("f", "class Solution { Map<Character, Integer> f(Set<Integer> a, Queue<Long> b, ArrayDeque<String> c, TreeMap<Integer, Double> d, Integer[] e, Object g, int... h) { Map<Character, Integer> o = new HashMap<>(); o.put('x', a.size() + b.size() + c.size() + d.size() + e.length + h.length); return o; } }", [1, 1], [2], ["c"], {"1": 2}, [None, 3], [4], [1], gives={"x": 7}),
        "a null": one("f", "class Solution { public Integer f(String s, Integer x) { if (s == null) return x; return s.length(); } }", None, None, gives=None),
        "a helper class beside": one("f", "class Pair { int a; Pair(int a) { this.a = a; } int f() { return 0; } }\nclass Solution { int f(int x) { return new Pair(x).a; } }", 4, gives=4),
        "an interface and an enum": one("f", "interface Shape { double area(); }\nenum Color { RED, BLUE }\npublic class Solution { public String f(int x) { Shape s = () -> x * 2.0; return Color.values()[x] + \" \" + s.area(); } }", 1, gives="BLUE 2.0"),
        "a character": one("f", "class Solution { public char f(String s, char c) { return s.indexOf(c) < 0 ? c : s.charAt(0); } }", "é\"x", "x", gives="é"),
        "doubles": one("f", "class Solution { public double[] f(double a, float b) { return new double[] {a / 3, b, 1.0 / 0}; } }", 1, 0.5, gives=[1 / 3, 0.5, float("inf")]),
        "nodes of another class": one("middle", "class Solution { public ListNode middle(ListNode head) { ListNode s = head, f = head; while (f != null && f.next != null) { s = s.next; f = f.next.next; } return s; } }", [1, 2, 3], gives=[2, 3]),
        "an instance with state": Habit("f", "class Solution { private int n = 0; int f(int x) { n += x; return n; } }", (((1,), 1), ((2,), 2))),
        "a stream": one("f", "class Solution { IntStream f(int n) { return IntStream.range(0, n); } }", 3, gives=[0, 1, 2]),
        "a class within": one("f", "public class Main { static class Solution { int f(int x) { return x + 1; } } public static void main(String[] a) { System.out.println(new Solution().f(1)); } }", 1, gives=2),
        "a life within": life("Trie", "public class Main { static class Trie { Set<String> w = new HashSet<>(); void insert(String s) { w.add(s); } boolean search(String s) { return w.contains(s); } boolean startsWith(String p) { return w.stream().anyMatch(x -> x.startsWith(p)); } } }", *WORDS),
        "a driver of its own": one("f", "class Driver { int g() { return 1; } }\nclass Solution { int f(int x) { return new Driver().g() + x; } }", 1, gives=2),
        "overloads by the width of numbers": Habit("f", "class Solution { static double f(double x){return x*2;} static long f(long x){return x+2;} static int f(int x){return x+1;} }", (((3,), 4), ((1 << 40,), (1 << 40) + 2), ((1.5,), 3.0))),
        "children": Habit("turned", "class Solution { public Node turned(Node root){ if(root!=null){ Collections.reverse(root.children); for (Node c : root.children) turned(c); } return root; } }", (((FAMILY,), [1, None, 4, 2, 3, None, None, None, 6, 5]), (([],), []))),
        "nothing imported": one("f", "class Solution { public String f(String s) { AtomicInteger i = new AtomicInteger(); StringWriter w = new StringWriter(); Pair<Integer, String> p = new Pair<>(1, s); return p.getValue() + i.incrementAndGet() + w + LocalDate.of(2020, 1, 1).getYear(); } }", "a", gives="a12020"),
    },
    "javascript": {
        "a life of a class": life("LRUCache", "class LRUCache {\n  constructor(capacity) { this.c = capacity; this.m = new Map(); }\n  get(key) { if (!this.m.has(key)) return -1; const v = this.m.get(key); this.m.delete(key); this.m.set(key, v); return v; }\n  put(key, value) { this.m.delete(key); this.m.set(key, value); if (this.m.size > this.c) this.m.delete(this.m.keys().next().value); }\n}", *CACHE),
        "a life of prototypes": life("Trie", "\nvar Trie = function() {\n    this.w = new Set();\n};\n\n/** \n * @param {string} word\n * @return {void}\n */\nTrie.prototype.insert = function(word) {\n    this.w.add(word);\n};\nTrie.prototype.search = function(word) { return this.w.has(word); };\nTrie.prototype.startsWith = function(prefix) { return [...this.w].some((x) => x.startsWith(prefix)); };\n", *WORDS),
        "a life of a tree": life("BSTIterator", "/**\n * Definition for a binary tree node.\n * function TreeNode(val, left, right) { }\n */\n/**\n * @param {TreeNode} root\n */\nvar BSTIterator = function(root) { this.s = []; this.down(root); };\nBSTIterator.prototype.down = function(r) { for (; r; r = r.left) this.s.push(r); };\nBSTIterator.prototype.next = function() { const t = this.s.pop(); this.down(t.right); return t.val; };\nBSTIterator.prototype.hasNext = function() { return this.s.length > 0; };", *WALK),
        "a list reversed": Habit("reverseList", "/**\n * Definition for singly-linked list.\n * function ListNode(val, next) {\n *     this.val = (val===undefined ? 0 : val)\n * }\n */\n/**\n * @param {ListNode} head\n * @return {ListNode}\n */\nvar reverseList = function(head) {\n    let p = null;\n    while (head) [head.next, p, head] = [p, head, head.next];\n    return p;\n};", ((([1, 2, 3],), [3, 2, 1]), (([],), []))),
        "a tree inverted, without a word": Habit("invertTree", "const invertTree = (root) => { if (root) [root.left, root.right] = [invertTree(root.right), invertTree(root.left)]; return root; };", ((([1, 2, None, 3],), [1, None, 2, None, 3]), (([],), []))),
        "nodes of its own": one("add", "class ListNode { constructor(v, n = null) { this.val = v; this.next = n; } }\nfunction add(l1, l2) { let d = new ListNode(0), c = d; while (l1) { c.next = new ListNode(l1.val + l2.val); c = c.next; l1 = l1.next; l2 = l2.next; } return d.next; }", [1, 2], [3, 4], gives=[4, 6]),
        "lists merged": one("mergeKLists", "/**\n * @param {ListNode[]} lists\n * @return {ListNode}\n */\nvar mergeKLists = function(lists) { const v = []; for (let l of lists) for (; l; l = l.next) v.push(l.val); v.sort((a, b) => a - b); let d = null; for (const x of v.reverse()) d = new ListNode(x, d); return d; };", [[1, 4], [2], []], gives=[1, 2, 4]),
        "nodes named by their values": one("lca", "/**\n * @param {TreeNode} root\n * @param {TreeNode} p\n * @param {TreeNode} q\n * @return {TreeNode}\n */\nvar lca = function(root, p, q) { if (!root || root === p || root === q) return root; const a = lca(root.left, p, q), b = lca(root.right, p, q); return a && b ? root : a || b; };", TREE, 2, 4, gives=3),
        "an argument is the result": one("f", "function f(a, b) { b.push(...a); return 7; }", [1, 2], [], gives=[1, 2], result=1),
        "modules imported": one("f", "import { createHash } from 'crypto';\nimport fs from 'node:fs';\nimport * as path from 'path';\nexport function f(x) { return path.basename(x) + createHash('md5').update('').digest('hex').slice(0, 2); }", "a/b", gives="bd4"),
        "exported as default": one("f", "export default (x) => x + 1;", 1, gives=2),
        "exported by name": one("f", "const f = async (x) => x + 1;\nexport { f };", 1, gives=2),
        "exported as a module": one("f", "module.exports = function (x) { return x + 1; };", 1, gives=2),
        "exports assigned": one("f", "exports.f = (x) => x + 1;", 1, gives=2),
        "a class": one("f", "class Solution {\n  f(x) { return this.g(x); }\n  g(x) { return x + 1; }\n}", 1, gives=2),
        "a static method": one("f", "class Solution {\n  static f(x) { return x + 1; }\n}\nmodule.exports = Solution;", 1, gives=2),
        "an object": one("Tool.f", "const Tool = { f(x) { return x + 1; } };", 1, gives=2),
        "a wide number": one("f", "/**\n * @param {bigint} n\n * @return {bigint}\n */\nfunction f(n) { return n * n; }", (1 << 60) + 1, gives=((1 << 60) + 1) ** 2),
        "a set, a map and a typed array": one("f", "function f(a) { return [new Map([[1, 'x']]), Uint8Array.from(a), { k: undefined }, NaN, -0]; }", [1], gives=[{"1": "x"}, [1], {"k": None}, float("nan"), 0]),
        "a generator": one("f", "function* f(n) { for (let i = 0; i < n; i++) yield i; }", 3, gives=[0, 1, 2]),
        "a main beside": one("f", "'use strict';\nfunction f(s) { return [...s].reverse().join(''); }\nif (require.main === module) { console.log(f('x')); }", "é😀", gives="😀é"),
        "spread arguments": one("f", "const f = (...xs) => xs.length;", 1, [2], None, gives=3),
        "children": Habit("turned", "/**\n * @param {_Node|null} root\n * @return {_Node|null}\n */\nvar turned = function(root) { if (root) { root.children.reverse(); root.children.forEach(turned); } return root; };", (((FAMILY,), [1, None, 4, 2, 3, None, None, None, 6, 5]), (([],), []))),
        "an export list": one("f", "function g(a) { return a + 1; }\nconst h = 2;\nexport { g as f, h };", 1, gives=2),
    },
    "typescript": {
        "a life": life("LRUCache", "class LRUCache {\n    private m = new Map<number, number>();\n    constructor(private readonly capacity: number) {}\n    get(key: number): number { if (!this.m.has(key)) return -1; const v = this.m.get(key)!; this.m.delete(key); this.m.set(key, v); return v; }\n    put(key: number, value: number): void { this.m.delete(key); this.m.set(key, value); if (this.m.size > this.capacity) this.m.delete(this.m.keys().next().value); }\n}", *CACHE),
        "a life of a tree": life("BSTIterator", "class BSTIterator {\n  s: TreeNode[] = [];\n  constructor(root: TreeNode | null) { this.down(root); }\n  private down(r: TreeNode | null) { for (; r; r = r.left) this.s.push(r); }\n  next(): number { const t = this.s.pop()!; this.down(t.right); return t.val; }\n  hasNext(): boolean { return this.s.length > 0; }\n}", *WALK),
        "a list reversed": Habit("reverseList", "function reverseList(head: ListNode | null): ListNode | null {\n    let p: ListNode | null = null;\n    while (head) { const n = head.next; head.next = p; p = head; head = n; }\n    return p;\n};", ((([1, 2, 3],), [3, 2, 1]), (([],), []))),
        "lists merged": one("merge", "const merge = (lists: Array<ListNode | null>): ListNode | null => { const v: number[] = []; for (let l of lists) for (; l; l = l.next) v.push(l.val); let d: ListNode | null = null; for (const x of v.sort((a, b) => b - a)) d = new ListNode(x, d); return d; };", [[1, 4], [2], []], gives=[1, 2, 4]),
        "enums and generics": one("f", "enum Color { Red, Blue }\ninterface Shape<T> { kind: T }\nexport default function f<T extends string>(k: T): string { const s: Shape<T> = { kind: k }; return Color[Color.Blue] + s.kind; }", "x", gives="Bluex"),
        "a namespace": one("Tool.f", "namespace Tool { export function f(x: number): number { return x + 1; } }", 1, gives=2),
        "declared": one("f", "declare var require: any;\nconst fs = require('fs');\ntype Pair = [number, string];\nexport const f = ([a, b]: Pair): Pair => [a + 1, b as string];", [1, "x"], gives=[2, "x"]),
        "a decorator and overloads": one("f", "function f(x: string): number;\nfunction f(x: number[]): number;\nfunction f(x: any): number { return x.length; }", [1, 2], gives=2),
        "a wide number": one("f", "function f(n: bigint): bigint { return n * 2n; }", 1 << 60, gives=1 << 61),
        "an argument is the result": one("f", "function f(a: number[], b: number[]): number { b.push(...a); return 7; }", [1, 2], [], gives=[1, 2], result=1),
        "a tree, by values": one("lca", "function lca(root: TreeNode | null, p: TreeNode | null, q: TreeNode | null): TreeNode | null { if (!root || root === p || root === q) return root; const a = lca(root.left, p, q), b = lca(root.right, p, q); return a && b ? root : a || b; }", TREE, 2, 4, gives=3),
        "children": Habit("turned", "function turned(root: _Node | null): _Node | null { if (root) { root.children.reverse(); root.children.forEach(turned); } return root; }", (((FAMILY,), [1, None, 4, 2, 3, None, None, None, 6, 5]), (([],), []))),
    },
    "go": {
        "a life": life("LRUCache", "type LRUCache struct {\n\tcap int\n\tl *list.List\n\tm map[int]*list.Element\n}\n\nfunc Constructor(capacity int) LRUCache {\n\treturn LRUCache{capacity, list.New(), map[int]*list.Element{}}\n}\n\nfunc (this *LRUCache) Get(key int) int {\n\tif e, ok := this.m[key]; ok {\n\t\tthis.l.MoveToFront(e)\n\t\treturn e.Value.([2]int)[1]\n\t}\n\treturn -1\n}\n\nfunc (this *LRUCache) Put(key int, value int) {\n\tif e, ok := this.m[key]; ok {\n\t\tthis.l.Remove(e)\n\t}\n\tthis.m[key] = this.l.PushFront([2]int{key, value})\n\tif this.l.Len() > this.cap {\n\t\tb := this.l.Back()\n\t\tdelete(this.m, b.Value.([2]int)[0])\n\t\tthis.l.Remove(b)\n\t}\n}", *CACHE),
        "a life with small names": life("Trie", "package main\n\nimport \"strings\"\n\ntype Trie struct{ w []string }\n\nfunc NewTrie() *Trie { return &Trie{} }\n\nfunc (t *Trie) insert(s string) { t.w = append(t.w, s) }\n\nfunc (t Trie) search(s string) bool {\n\tfor _, x := range t.w {\n\t\tif x == s {\n\t\t\treturn true\n\t\t}\n\t}\n\treturn false\n}\n\nfunc (t *Trie) startsWith(p string) bool {\n\tfor _, x := range t.w {\n\t\tif strings.HasPrefix(x, p) {\n\t\t\treturn true\n\t\t}\n\t}\n\treturn false\n}", *WORDS),
        "a life of a tree": life("BSTIterator", "/**\n * type TreeNode struct {\n *     Val int\n * }\n */\ntype BSTIterator struct{ s []*TreeNode }\n\nfunc Constructor(root *TreeNode) BSTIterator {\n\tb := BSTIterator{}\n\tb.down(root)\n\treturn b\n}\n\nfunc (b *BSTIterator) down(r *TreeNode) {\n\tfor ; r != nil; r = r.Left {\n\t\tb.s = append(b.s, r)\n\t}\n}\n\nfunc (b *BSTIterator) Next() int {\n\tt := b.s[len(b.s)-1]\n\tb.s = b.s[:len(b.s)-1]\n\tb.down(t.Right)\n\treturn t.Val\n}\n\nfunc (b *BSTIterator) HasNext() bool { return len(b.s) > 0 }", *WALK),
        "a list reversed": Habit("reverseList", "func reverseList(head *ListNode) *ListNode {\n\tvar p *ListNode\n\tfor head != nil {\n\t\thead.Next, p, head = p, head, head.Next\n\t}\n\treturn p\n}", ((([1, 2, 3],), [3, 2, 1]), (([],), []))),
        "nodes of its own": one("invertTree", "package main\n\ntype TreeNode struct {\n\tVal         int\n\tLeft, Right *TreeNode\n}\n\nfunc invertTree(root *TreeNode) *TreeNode {\n\tif root != nil {\n\t\troot.Left, root.Right = invertTree(root.Right), invertTree(root.Left)\n\t}\n\treturn root\n}", [1, 2, None, 3], gives=[1, None, 2, None, 3]),
        "nodes named by their values": one("lca", "func lca(root, p, q *TreeNode) *TreeNode {\n\tif root == nil || root == p || root == q {\n\t\treturn root\n\t}\n\ta, b := lca(root.Left, p, q), lca(root.Right, p, q)\n\tif a != nil && b != nil {\n\t\treturn root\n\t}\n\tif a != nil {\n\t\treturn a\n\t}\n\treturn b\n}", TREE, 2, 4, gives=3),
        "lists merged": one("mergeKLists", "func mergeKLists(lists []*ListNode) *ListNode {\n\tv := []int{}\n\tfor _, l := range lists {\n\t\tfor ; l != nil; l = l.Next {\n\t\t\tv = append(v, l.Val)\n\t\t}\n\t}\n\tsort.Sort(sort.Reverse(sort.IntSlice(v)))\n\tvar d *ListNode\n\tfor _, x := range v {\n\t\td = &ListNode{x, d}\n\t}\n\treturn d\n}", [[1, 4], [2], []], gives=[1, 2, 4]),
        "a board": one("solve", "func solve(board [][]byte) {\n\tboard[0][0] = 'Z'\n}", [["A", "B"], ["C", "D"]], gives=[["Z", "B"], ["C", "D"]]),
        "a byte": one("findTheDifference", "func findTheDifference(s string, t string) byte {\n\tvar x byte\n\tfor i := range s {\n\t\tx ^= s[i]\n\t}\n\tfor i := range t {\n\t\tx ^= t[i]\n\t}\n\treturn x\n}", "ab", "bac", gives="c"),
        "bytes as numbers": one("f", "func f(a []uint8) []uint8 { return append(a, 200) }", [1], gives=[1, 200]),
        "runes": one("f", "func f(s string) []rune {\n\treturn []rune(strings.ToUpper(s))\n}", "éa", gives=["É", "A"]),
        "generics": one("Top", "import \"fmt\"\n\ntype Ordered interface{ ~int | ~float64 | ~string }\n\nfunc Top[T Ordered](v []T) T {\n\tt := v[0]\n\tfor _, x := range v {\n\t\tif x > t {\n\t\t\tt = x\n\t\t}\n\t}\n\tfmt.Println(t)\n\treturn t\n}", ["a", "c"], gives="c"),
        "generics of two kinds": one("F", "func F[K comparable, V any](k []K, v V) map[K]V {\n\tm := map[K]V{}\n\tfor _, x := range k {\n\t\tm[x] = v\n\t}\n\treturn m\n}", ["a"], 1.5, gives={"a": 1.5}),
        "several results": one("f", "package answer\n\nfunc f(a, b int) (int, int, error) { return a / b, a % b, nil }\n\nfunc main() { f(1, 2) }", 7, 2, gives=[3, 1]),
        "a method of Solution": one("f", "type Solution struct{}\n\nfunc (s *Solution) f(x int64) uint64 { return uint64(x) + 1<<63 }", 1, gives=(1 << 63) + 1),
        "another spelling": one("two_sum", "func twoSum(nums []int, target int) []int { return []int{nums[0], target} }", [1], 2, gives=[1, 2]),
        "an argument is the result": one("f", "func f(a []int, b []int) int {\n\tcopy(b, a)\n\treturn 7\n}", [1, 2], [0, 0], gives=[1, 2], result=1),
        "nil and empty": one("f", "func f(a []int) [][]int { return nil }", [], gives=[]),
        "structs": one("f", "type P struct {\n\tA int\n\tb string\n}\n\nfunc f(x int) []P { return []P{{x, \"y\"}} }", 1, gives=[[1, "y"]]),
        "imports in lines": one("f", "package main\n\nimport \"sort\"\nimport (\n\t\"strings\"\n\tm \"math\"\n)\n\nfunc f(s []string) string {\n\tsort.Strings(s)\n\treturn strings.Join(s, \"-\") + string(rune(m.MaxInt8))\n}", ["b", "a"], gives="a-b\x7f"),
        "variadic": one("f", "func f(xs ...int) int { return len(xs) }", [1, 2], gives=2),
        "children": Habit("turned", "func turned(root *Node) *Node {\n\tif root != nil {\n\t\tc := root.Children\n\t\tfor i, j := 0, len(c)-1; i < j; i, j = i+1, j-1 {\n\t\t\tc[i], c[j] = c[j], c[i]\n\t\t}\n\t\tfor _, x := range c {\n\t\t\tturned(x)\n\t\t}\n\t}\n\treturn root\n}", (((FAMILY,), [1, None, 4, 2, 3, None, None, None, 6, 5]), (([],), []))),
        "newer than the compiler": one("f", "import (\n\t\"cmp\"\n\t\"maps\"\n\t\"slices\"\n)\n\nfunc f(a []int, m map[string]int) []int {\n\tslices.SortFunc(a, func(x, y int) int { return cmp.Compare(y, x) })\n\tfor i := range len(a) {\n\t\ta[i] = min(a[i], 7) + max(1, i, 0)\n\t}\n\ta = append(a, len(slices.Sorted(maps.Keys(m))))\n\tclear(m)\n\treturn append(a, len(m))\n}", [3, 9], {"a": 1}, gives=[8, 4, 1, 0]),
        "anything, deep": one("f", "func f(v []any) int {\n\tn := 0\n\tfor _, x := range v {\n\t\tswitch t := x.(type) {\n\t\tcase []any:\n\t\t\tn += f(t)\n\t\tcase int:\n\t\t\tn += t\n\t\t}\n\t}\n\treturn n\n}", [1, [2, [3]]], gives=6),
    },
    "rust": {
        "a life": life("LRUCache", "use std::collections::HashMap;\nstruct LRUCache { c: usize, t: i32, m: HashMap<i32, (i32, i32)> }\n/** \n * `&self` means the method takes an immutable reference.\n */\nimpl LRUCache {\n    fn new(capacity: i32) -> Self { LRUCache { c: capacity as usize, t: 0, m: HashMap::new() } }\n    fn get(&mut self, key: i32) -> i32 { self.t += 1; let t = self.t; self.m.get_mut(&key).map_or(-1, |e| { e.1 = t; e.0 }) }\n    fn put(&mut self, key: i32, value: i32) { self.t += 1; self.m.insert(key, (value, self.t)); if self.m.len() > self.c { let k = *self.m.iter().min_by_key(|(_, v)| v.1).unwrap().0; self.m.remove(&k); } }\n}", *CACHE),
        "a life with snakes": life("Trie", "#[derive(Default)]\npub struct Trie { w: std::collections::BTreeSet<String> }\nimpl Trie {\n    pub fn new() -> Self { Default::default() }\n    pub fn insert(&mut self, word: String) { self.w.insert(word); }\n    pub fn search(&self, word: String) -> bool { self.w.contains(&word) }\n    pub fn starts_with(&self, prefix: String) -> bool { self.w.iter().any(|w| w.starts_with(&prefix)) }\n}", *WORDS),
        "a life of a tree": life("BSTIterator", "use std::rc::Rc;\nuse std::cell::RefCell;\nstruct BSTIterator { v: Vec<i32> }\nimpl BSTIterator {\n    fn new(root: Option<Rc<RefCell<TreeNode>>>) -> Self { let mut v = vec![]; Self::walk(&root, &mut v); v.reverse(); BSTIterator { v } }\n    fn walk(r: &Option<Rc<RefCell<TreeNode>>>, v: &mut Vec<i32>) { if let Some(n) = r { let n = n.borrow(); Self::walk(&n.left, v); v.push(n.val); Self::walk(&n.right, v); } }\n    fn next(&mut self) -> i32 { self.v.pop().unwrap() }\n    fn has_next(&self) -> bool { !self.v.is_empty() }\n}", *WALK),
        "a list reversed": Habit("reverse_list", "// Definition for singly-linked list.\n// pub struct ListNode { }\nimpl Solution {\n    pub fn reverse_list(head: Option<Box<ListNode>>) -> Option<Box<ListNode>> {\n        let (mut p, mut h) = (None, head);\n        while let Some(mut n) = h { h = n.next.take(); n.next = p; p = Some(n); }\n        p\n    }\n}", ((([1, 2, 3],), [3, 2, 1]), (([],), []))),
        "a tree inverted": Habit("invertTree", "impl Solution {\n    pub fn invert_tree(root: Option<Rc<RefCell<TreeNode>>>) -> Option<Rc<RefCell<TreeNode>>> {\n        if let Some(n) = root.clone() { let mut n = n.borrow_mut(); let (l, r) = (n.left.take(), n.right.take()); n.left = Self::invert_tree(r); n.right = Self::invert_tree(l); }\n        root\n    }\n}", ((([1, 2, None, 3],), [1, None, 2, None, 3]), (([],), []))),
        "nodes of its own": one("f", "#[derive(PartialEq, Eq, Clone, Debug)]\npub struct ListNode { pub val: i32, pub next: Option<Box<ListNode>> }\nimpl ListNode { fn new(val: i32) -> Self { ListNode { next: None, val } } }\nstruct Solution;\nimpl Solution { fn f(head: Option<Box<ListNode>>) -> i32 { head.map_or(0, |n| n.val) } }", [4, 5], gives=4),
        "lists merged": one("merge", "fn merge(lists: Vec<Option<Box<ListNode>>>) -> Option<Box<ListNode>> { let mut v = vec![]; for l in lists { let mut c = l; while let Some(n) = c { v.push(n.val); c = n.next; } } v.sort(); v.into_iter().rev().fold(None, |next, val| Some(Box::new(ListNode { val, next }))) }", [[1, 4], [2], []], gives=[1, 2, 4]),
        "nodes named by their values": one("lca", "use std::rc::Rc; use std::cell::RefCell;\ntype T = Option<Rc<RefCell<TreeNode>>>;\nimpl Solution { pub fn lca(root: Option<Rc<RefCell<TreeNode>>>, p: Option<Rc<RefCell<TreeNode>>>, q: Option<Rc<RefCell<TreeNode>>>) -> Option<Rc<RefCell<TreeNode>>> { let r = root.clone()?; if Some(&r) == p.as_ref() || Some(&r) == q.as_ref() { return root; } let a = Self::lca(r.borrow().left.clone(), p.clone(), q.clone()); let b = Self::lca(r.borrow().right.clone(), p, q); if a.is_some() && b.is_some() { root } else { a.or(b) } } }", TREE, 2, 4, gives=3),
        "a tree in place": one("flat", "impl Solution { pub fn flat(root: &mut Option<Rc<RefCell<TreeNode>>>) { if let Some(n) = root { n.borrow_mut().left = None; } } }", [1, 2, 3], gives=[1, None, 3]),
        "an argument is the result": one("f", "fn f(a: Vec<i32>, b: &mut Vec<i32>) -> i32 { *b = a; 7 }", [1, 2], [], gives=[1, 2], result=1),
        "a board": one("solve", "impl Solution { pub fn solve(board: &mut Vec<Vec<char>>) { board[0][0] = 'Z'; } }", [["A", "B"], ["C", "D"]], gives=[["Z", "B"], ["C", "D"]]),
        "lent texts": one("f", "fn f<'a>(w: &[&'a str], s: &'a str) -> Vec<&'a str> { let mut v: Vec<&'a str> = w.to_vec(); v.push(s); v }", ["a"], "é", gives=["a", "é"]),
        "texts in a vector": one("f", "pub fn f(w: Vec<&str>) -> String { w.concat() }", ["a", "b"], gives="ab"),
        "generics": one("top", "fn top<T: PartialOrd + Copy>(v: &[T]) -> Option<T> where T: std::fmt::Debug { let mut m = *v.first()?; for &x in v { if x > m { m = x } } Some(m) }", [1.5, 2.5], gives=2.5),
        "attributes first": one("f", "#![allow(dead_code)]\n#![allow(unused)]\nimpl Solution { pub fn f(x: u64) -> u64 { x + 1 } }", 2**64 - 2, gives=2**64 - 1),
        "a method of an object": one("f", "struct Solution {}\nimpl Solution { pub fn f(&self, x: i32) -> i32 { x + 1 } }", 1, gives=2),
        "a result": one("f", "fn f(a: i32, b: i32) -> Result<i32, String> { if b == 0 { Err(\"zero\".into()) } else { Ok(a / b) } }", 4, 2, gives=2),
        "a tuple and a map": one("f", "use std::collections::*;\nfn f(m: HashMap<String, Vec<(i32, char)>>, k: Option<usize>) -> (bool, BTreeMap<i32, char>, Option<usize>) { (m.len() == 1, m[\"a\"].iter().cloned().collect(), k) }", {"a": [[1, "x"]]}, None, gives=[True, {"1": "x"}, None]),
        "a wide number": one("f", "fn f(x: i128) -> i128 { x * x }", 1 << 40, gives=1 << 80),
        "a mutable parameter": one("f", "fn f(mut a: Vec<f64>, mut n: usize) -> Vec<f64> { n += 1; a.truncate(n); a.sort_by(|x, y| y.partial_cmp(x).unwrap()); a }", [0.5, 1.5, 9], 1, gives=[1.5, 0.5]),
        "arrays": one("f", "fn f(a: [i32; 3]) -> [[i32; 2]; 1] { [[a[0], a[2]]] }", [1, 2, 3], gives=[[1, 3]]),
        "tests beside": one("f", "pub fn f(x: i32) -> i32 { x + 1 }\n\n#[cfg(test)]\nmod tests { use super::*; #[test] fn t() { assert_eq!(f(1), 2); } }\n\nfn main() { println!(\"{}\", f(1)); }", 1, gives=2),
    },
}  # fmt: skip
