"""Functions of LeetCode's linked lists and trees in C++ and Java, each with its calls."""

# ruff: noqa: E501

from __future__ import annotations

from typing import Any

Calls = tuple[tuple[tuple[Any, ...], Any], ...]
LINKED: Calls = ((([1, 2, 3],), [3, 2, 1]), (([],), []))
TURNED: Calls = ((([4, 2, 7, 1, 3, 6, 9],), [4, 7, 2, 9, 6, 3, 1]), (([],), []))
MERGED: Calls = ((([[1, 4], [2]],), [1, 2, 4]), (([],), []))
ANCESTOR: Calls = ((([3, 5, 1, 6, 2, 0, 8], 5, 1), 3),)
IN_ORDER: Calls = ((([1, None, 2, 3],), [1, 3, 2]),)
SHORTER: Calls = ((([1, 2, 3],), [1, 3]),)

NODES: dict[str, dict[str, tuple[str, str, Calls]]] = {
    # language: what is there: entry point, code, calls
    "cpp": {
        "a list reversed": ("reverseList", "class Solution {\npublic:\nListNode* reverseList(ListNode* head) { ListNode* p = nullptr; while (head) { auto n = head->next; head->next = p; p = head; head = n; } return p; } };", LINKED),
        "nodes of its own": ("reverseList", "/** struct ListNode { } */ struct ListNode { int val; ListNode *next; ListNode(int x) : val(x), next(NULL) {} };\nclass Solution {\npublic:\nListNode* reverseList(ListNode* head) { ListNode* p = nullptr; while (head) { auto n = head->next; head->next = p; p = head; head = n; } return p; } };", LINKED),
        "nodes in a comment": ("reverseList", "/**\n * Definition\n * struct ListNode {\n *  int val;\n * };\n */\nclass Solution {\npublic:\nListNode* reverseList(ListNode* head) { ListNode* p = nullptr; while (head) { auto n = head->next; head->next = p; p = head; head = n; } return p; } };", LINKED),
        "a tree inverted": ("invertTree", "class Solution {\npublic:\nTreeNode* invertTree(TreeNode* r) { if (r) { swap(r->left, r->right); invertTree(r->left); invertTree(r->right); } return r; } };", TURNED),
        "lists merged": ("mergeKLists", "class Solution {\npublic:\nListNode* mergeKLists(vector<ListNode*>& ls) { vector<int> v; for (auto l : ls) for (; l; l = l->next) v.push_back(l->val); sort(v.begin(), v.end()); ListNode d, *c = &d; for (int x : v) { c->next = new ListNode(x); c = c->next; } return d.next; } };", MERGED),
        "nodes named by their values": ("lca", "class Solution {\npublic:\nTreeNode* lca(TreeNode* r, TreeNode* p, TreeNode* q) { if (!r || r == p || r == q) return r; auto a = lca(r->left, p, q), b = lca(r->right, p, q); return a && b ? r : a ? a : b; } };", ANCESTOR),
        "a tree walked": ("inorder", "class Solution {\npublic:\nvector<int> out; vector<int> inorder(TreeNode* r) { if (r) { inorder(r->left); out.push_back(r->val); inorder(r->right); } return out; } };", IN_ORDER),
        "a list changed in place": ("f", "class Solution {\npublic:\nvoid f(ListNode* h) { h->next = h->next->next; } };", SHORTER),
    },
    "java": {
        "a list reversed": ("reverseList", "class Solution {\npublic ListNode reverseList(ListNode head) { ListNode p = null; while (head != null) { ListNode n = head.next; head.next = p; p = head; head = n; } return p; } }", LINKED),
        "nodes of its own": ("reverseList", "class ListNode { int val; ListNode next; ListNode(int x) { val = x; } }\nclass Solution {\npublic ListNode reverseList(ListNode head) { ListNode p = null; while (head != null) { ListNode n = head.next; head.next = p; p = head; head = n; } return p; } }", LINKED),
        "a tree inverted": ("invertTree", "class Solution {\npublic TreeNode invertTree(TreeNode r) { if (r != null) { TreeNode t = r.left; r.left = invertTree(r.right); r.right = invertTree(t); } return r; } }", TURNED),
        "lists merged": ("mergeKLists", "class Solution {\npublic ListNode mergeKLists(ListNode[] ls) { List<Integer> v = new ArrayList<>(); for (ListNode l : ls) for (; l != null; l = l.next) v.add(l.val); Collections.sort(v); ListNode d = new ListNode(), c = d; for (int x : v) { c.next = new ListNode(x); c = c.next; } return d.next; } }", MERGED),
        "nodes named by their values": ("lca", "class Solution {\npublic TreeNode lca(TreeNode r, TreeNode p, TreeNode q) { if (r == null || r == p || r == q) return r; TreeNode a = lca(r.left, p, q), b = lca(r.right, p, q); return a != null && b != null ? r : a != null ? a : b; } }", ANCESTOR),
        "a tree walked": ("inorder", "class Solution {\nList<Integer> out = new ArrayList<>(); public List<Integer> inorder(TreeNode r) { if (r != null) { inorder(r.left); out.add(r.val); inorder(r.right); } return out; } }", IN_ORDER),
        "a list changed in place": ("f", "class Solution {\npublic void f(ListNode h) { h.next = h.next.next; } }", SHORTER),
    },
}  # fmt: skip
