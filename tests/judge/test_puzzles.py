"""Functions that are called by name, as sites for such problems write them."""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from pettingllms.judge import Judge
from pettingllms.judge.sandbox.inside.puzzle import Puzzle
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioCase,
    StdioTests,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SOLUTION = "class Solution:\n    def {}\n"
PUZZLES: dict[str, tuple[str, str, tuple[Any, ...], Any]] = {
    # name: entry point, code, arguments, what is right
    "names of typing": ("f", SOLUTION.format("f(self, a: List[int]) -> Optional[int]: return max(a)"), ([1, 3],), 3),
    "a heap": ("f", "def f(a):\n    heapify(a)\n    return heappop(a) + heapq.heappop(a)", ([5, 1, 3],), 4),
    "collections and itertools": ("f", "def f(s): return [*Counter(s).most_common(1)[0]], list(accumulate([1, 2])), deque([1])[0], defaultdict(int)['x']", ("aab",), [["a", 2], [1, 3], 1, 0]),
    "mathematics": ("f", "def f(x): return [gcd(x, 8), math.isqrt(x), inf > x, comb(4, 2)]", (12,), [4, 3, True, 6]),
    "bisect and cache": ("f", "@cache\ndef g(n): return n if n < 2 else g(n - 1) + g(n - 2)\ndef f(n): return bisect_left([1, 3, 5], n) + g(n)", (10,), 58),
    "random, string and re": ("f", "def f(s): return [ascii_lowercase[0], re.findall(r'\\d', s), random.Random(1).random() < 1, string.digits[1]]", ("a1",), ["a", ["1"], True, "1"]),
    "Python's own names stay": ("f", "def f(x): return [pow(2, 10, 1000), sum(x), abs(-1)]", ([1, 2],), [24, 3, 1]),
    "a method named as an import": ("merge", "from heapq import *\nclass Solution:\n    def merge(self, a, b): return sorted(a + b)", ([2], [1]), [1, 2]),
    "a method named as a module": ("copy", "import copy\nclass Solution:\n    def copy(self, a): return copy.deepcopy(a)", ([2],), [2]),
    "a function beside a class": ("f", "def f(x): return x + 1\nclass Solution:\n    def g(self): pass", (1,), 2),
    "the entry point with its class": ("Solution().f", SOLUTION.format("f(self, x): return x + 1"), (1,), 2),
    "a method, and a program below it": ("f", SOLUTION.format("f(self, x): return x + 1\nprint(Solution().f(int(input())))"), (1,), 2),
    "a method, and an exit below it": ("Solution.f", SOLUTION.format("f(self, x): return x + 1\nraise SystemExit"), (1,), 2),
    "a linked list reversed": ("rev", SOLUTION.format("rev(self, head: Optional[ListNode]) -> Optional[ListNode]:\n        last = None\n        while head: head.next, last, head = last, head, head.next\n        return last"), ([1, 2, 3],), [3, 2, 1]),
    "an empty linked list": ("rev", SOLUTION.format("rev(self, head: Optional[ListNode]) -> Optional[ListNode]: return head"), ([],), []),
    "a linked list of its own class": ("rev", "class ListNode:\n    def __init__(self, x): self.val, self.next = x, None\nclass Solution:\n    def rev(self, head):\n        '''\n        :type head: ListNode\n        :rtype: ListNode\n        '''\n        return head.next", ([1, 2],), [2]),
    "linked lists merged": ("m", SOLUTION.format("m(self, lists: List[Optional[ListNode]]) -> Optional[ListNode]:\n        values = []\n        for one in lists:\n            while one: values.append(one.val); one = one.next\n        first = last = ListNode()\n        for v in sorted(values): last.next = ListNode(v); last = last.next\n        return first.next"), ([[1, 4], [2], []],), [1, 2, 4]),
    "a linked list whose end leads back": ("hasCycle", SOLUTION.format("hasCycle(self, head: Optional[ListNode]) -> bool:\n        slow = fast = head\n        while fast and fast.next:\n            slow, fast = slow.next, fast.next.next\n            if slow is fast: return True\n        return False"), ([3, 2, 0, -4], 1), True),
    "a linked list whose end leads nowhere": ("hasCycle", "def hasCycle(head):\n    seen = set()\n    while head and head not in seen:\n        seen.add(head)\n        head = head.next\n    return head is not None", ([1], -1), False),
    "the node that a linked list leads back to": ("detectCycle", SOLUTION.format("detectCycle(self, head):\n        seen = set()\n        while head and head not in seen:\n            seen.add(head)\n            head = head.next\n        return head"), ([1, 1, 1], 2), 2),
    "linked lists that meet": ("meet", SOLUTION.format("meet(self, headA: ListNode, headB: ListNode) -> Optional[ListNode]:\n        a, b = headA, headB\n        while a is not b: a, b = a.next if a else headB, b.next if b else headA\n        return a"), (8, [4, 1, 8, 4, 5], [5, 6, 1, 8, 4, 5], 2, 3), 8),
    "linked lists that never meet": ("meet", SOLUTION.format("meet(self, headA: ListNode, headB: ListNode) -> Optional[ListNode]:\n        a, b = headA, headB\n        while a is not b: a, b = a.next if a else headB, b.next if b else headA\n        return a"), (0, [2, 6, 4], [1, 5], 3, 2), None),
    "a node that deletes itself": ("drop", SOLUTION.format("drop(self, node):\n        node.val, node.next = node.next.val, node.next.next"), ([4, 5, 1, 9], 5), [4, 1, 9]),
    "a tree's depth": ("d", SOLUTION.format("d(self, root: Optional[TreeNode]) -> int: return 1 + max(self.d(root.left), self.d(root.right)) if root else 0"), ([3, 9, 20, None, None, 15, 7],), 3),
    "a tree inverted": ("inv", SOLUTION.format("inv(self, root: 'TreeNode') -> 'TreeNode':\n        if root: root.left, root.right = self.inv(root.right), self.inv(root.left)\n        return root"), ([4, 2, 7, None, 3],), [4, 7, 2, None, None, 3]),
    "trees made": ("make", "def make(n: int) -> List[TreeNode]: return [TreeNode(n, TreeNode(1)), TreeNode(n)]", (5,), [[5, 1], [5]]),
    "nodes named by their values": ("lca", SOLUTION.format("lca(self, root: TreeNode, p: TreeNode, q: TreeNode) -> TreeNode:\n        if root in (None, p, q): return root\n        l, r = self.lca(root.left, p, q), self.lca(root.right, p, q)\n        return root if l and r else l or r"), ([3, 5, 1], 5, 1), 3),
    "an object's life": ("Cache", "class Cache:\n    def __init__(self, n): self.d = {}\n    def put(self, k, v): self.d[k] = v\n    def get(self, k): return self.d.get(k, -1)", (["Cache", "put", "get", "get"], [[2], [1, 5], [1], [9]]), [None, None, 5, -1]),
    "the entry point as an attribute of its class": ("Solution.f", SOLUTION.format("f(self, x): return x + 1"), (1,), 2),
    "names of sys, io and json": ("f", "def f(x): return [min(maxsize, x), StringIO('a').read(), loads('[1]'), findall('a', 'aba')]", (3,), [3, "a", [1], ["a", "a"]]),
    "recursion as deep as a site allows": ("f", "def f(n): return n and 1 + f(n - 1)", (20_000,), 20_000),
    "an async function": ("f", "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x + 1", (1,), 2),
    "an n-ary tree of its own class": ('preorder', "class Node:\n    def __init__(self, val=None, children=None):\n        self.val = val; self.children = children or []\nclass Solution:\n    def preorder(self, root: 'Node') -> List[int]:\n        if not root: return []\n        out = [root.val]\n        for c in root.children: out += self.preorder(c)\n        return out", ([1, None, 3, 2, 4, None, 5, 6],), [1, 3, 5, 6, 2, 4]),
    "an n-ary tree of the site's": ('maxDepth', "class Solution:\n    def maxDepth(self, root: 'Node') -> int:\n        if not root: return 0\n        return 1 + max((self.maxDepth(c) for c in root.children), default=0)", ([1, None, 3, 2, 4, None, 5, 6],), 3),
    "a graph cloned": ('cloneGraph', "class Solution:\n    def cloneGraph(self, node: Optional['Node']) -> Optional['Node']:\n        if not node: return None\n        m = {node: Node(node.val)}\n        q = [node]\n        while q:\n            u = q.pop()\n            for v in u.neighbors:\n                if v not in m: m[v] = Node(v.val); q.append(v)\n                m[u].neighbors.append(m[v])\n        return m[node]", ([[2, 4], [1, 3], [2, 4], [1, 3]],), [[2, 4], [1, 3], [2, 4], [1, 3]]),
    "a list with random links": ('copyRandomList', "class Solution:\n    def copyRandomList(self, head: 'Optional[Node]') -> 'Optional[Node]':\n        m = {None: None}\n        n = head\n        while n: m[n] = Node(n.val); n = n.next\n        n = head\n        while n: m[n].next, m[n].random = m[n.next], m[n.random]; n = n.next\n        return m[head]", ([[7, None], [13, 0], [11, 4], [10, 2], [1, 0]],), [[7, None], [13, 0], [11, 4], [10, 2], [1, 0]]),
    "a tree whose levels are linked": ('connect', "class Solution:\n    def connect(self, root: 'Node') -> 'Node':\n        level = [root] if root else []\n        while level:\n            for a, b in zip(level, level[1:]): a.next = b\n            level = [c for n in level for c in (n.left, n.right) if c]\n        return root", ([1, 2, 3, 4, 5, None, 7],), [1, '#', 2, 3, '#', 4, 5, 7, '#']),
    "nested integers": ('depthSum', 'class Solution:\n    def depthSum(self, a: List[NestedInteger]) -> int:\n        def go(xs, d): return sum(x.getInteger() * d if x.isInteger() else go(x.getList(), d + 1) for x in xs)\n        return go(a, 1)', ([[1, 1], 2, [1, 1]],), 10),
    "an object made of a tree": ('BSTIterator', 'class BSTIterator:\n    def __init__(self, root: Optional[TreeNode]):\n        self.a = []\n        def go(n):\n            if n: go(n.left); self.a.append(n.val); go(n.right)\n        go(root); self.i = 0\n    def next(self) -> int:\n        self.i += 1\n        return self.a[self.i - 1]\n    def hasNext(self) -> bool: return self.i < len(self.a)', (['BSTIterator', 'next', 'next', 'hasNext'], [[[7, 3, 15, None, None, 9, 20]], [], [], []]), [None, 3, 7, True]),
    "an object made of a linked list": ('Sol', 'class Sol:\n    def __init__(self, head: Optional[ListNode]): self.h = head\n    def first(self): return self.h.val', (['Sol', 'first'], [[[4, 5]], []]), [None, 4]),
    "a linked list that is not annotated": ('middle', 'class Solution:\n    def middle(self, head):\n        s = f = head\n        while f and f.next: s, f = s.next, f.next.next\n        return s', ([1, 2, 3, 4, 5],), [3, 4, 5]),
    "a linked list whose class is a comment": ('rev', '# Definition for singly-linked list.\n# class ListNode:\n#     def __init__(self, val=0, next=None):\n#         self.val = val\n#         self.next = next\nclass Solution:\n    def rev(self, head):\n        p = None\n        while head: head.next, p, head = p, head, head.next\n        return p', ([1, 2],), [2, 1]),
    "a tree that is not annotated": ('depth', 'class Solution:\n    def depth(self, root):\n        return 0 if not root else 1 + max(self.depth(root.left), self.depth(root.right))', ([3, 9, 20, None, None, 15, 7],), 3),
}  # fmt: skip


@pytest.mark.parametrize("name", PUZZLES)
async def test_a_puzzle_is_answered_as_on_its_site(judge: Judge, name: str) -> None:
    """Right is right, and the same answer is wrong where something else is expected."""
    entry_point, code, args, expected = PUZZLES[name]
    right = FunctionTests(entry_point, (FunctionCase(args, expected),))
    wrong = FunctionTests(entry_point, (FunctionCase(args, ["something else"]),))
    verdict = await judge.judge(code, right)
    assert verdict.outcome is Outcome.PASSED, verdict.failure
    assert (await judge.judge(code, wrong)).outcome is Outcome.WRONG_ANSWER


async def test_what_is_changed_in_place_is_the_result(judge: Judge) -> None:
    """The tests say which argument; what is returned counts no more."""
    case = (FunctionCase(([3, 1, 2], 0), [1, 2, 3]),)
    in_place = FunctionTests("f", case, result=0)
    assert (await judge.judge("def f(a, k): a.sort()", in_place)).outcome is Outcome.PASSED
    returned = await judge.judge("def f(a, k): return sorted(a)", in_place)
    assert returned.outcome is Outcome.WRONG_ANSWER
    assert (await judge.judge("def f(a, k): a.sort()", FunctionTests("f", case))).outcome is (
        Outcome.WRONG_ANSWER
    )


async def test_numbers_of_numpy_are_numbers() -> None:
    """And its arrays are lists: data in JSON can expect no others."""
    numpy = pytest.importorskip("numpy")
    returned = {"a": [numpy.int64(3), numpy.bool_(True)], "b": numpy.array([[1, 2]])}
    assert Puzzle({}).call(lambda: returned, [], None) == {"a": [3, True], "b": [[1, 2]]}


async def test_a_linked_list_without_end_is_an_error(judge: Judge) -> None:
    """Not a timeout."""
    code = "def f(head: ListNode) -> ListNode:\n    head.next = head\n    return head"
    verdict = await judge.judge(code, FunctionTests("f", (FunctionCase(([1],), [1]),)))
    assert verdict.outcome is Outcome.ERROR


async def test_names_are_offered_to_puzzles_alone(judge: Judge) -> None:
    """A script that does not import what it uses is no whole script."""
    code = "def f(a): return List and a\nprint(f(1))"
    script = StdioTests((StdioCase("", "1\n"),))
    assert (await judge.judge(code, script)).outcome is Outcome.ERROR
    asserts = AssertTests("f", ("assert f(1) == 1",))
    assert (await judge.judge(code, asserts)).outcome is Outcome.ERROR
