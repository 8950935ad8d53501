// A node of a tree with any number of children, as LeetCode defines it above an answer.
class Node {
    public int val;
    public java.util.List<Node> children = new java.util.ArrayList<>();
    public Node() {}
    public Node(int val) { this.val = val; }
    public Node(int val, java.util.List<Node> children) { this.val = val; this.children = children; }
}
