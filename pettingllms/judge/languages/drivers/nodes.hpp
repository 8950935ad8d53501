// Nodes as LeetCode defines them above an answer.
struct ListNode {
  int val;
  ListNode *next;
  ListNode(int x = 0, ListNode *next = nullptr) : val(x), next(next) {}
};
struct TreeNode {
  int val;
  TreeNode *left, *right;
  TreeNode(int x = 0, TreeNode *left = nullptr, TreeNode *right = nullptr) : val(x), left(left), right(right) {}
};
