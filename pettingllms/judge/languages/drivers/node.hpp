// A node of a tree with any number of children, as LeetCode defines it above an answer.
class Node {
 public:
  int val;
  std::vector<Node *> children;
  Node() : val(0) {}
  Node(int val) : val(val) {}
  Node(int val, std::vector<Node *> children) : val(val), children(children) {}
};
