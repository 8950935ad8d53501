// Linked lists and trees from lists of their values, and back: any type that has such members.
namespace answer_driver {

constexpr std::size_t MOST_NODES = 100000;

template <class N> std::string all_of(const std::vector<N *> &nodes) {
  std::string out;
  for (N *node : nodes) out += (out.empty() ? "" : ",") + (node ? Codec<decltype(N::val)>::write(node->val) : "null");
  return "[" + out + "]";
}
inline void endless() { throw std::runtime_error("the nodes never end"); }

template <class N> concept Linked = requires(N node) { node.next; node.val; };
template <class N> concept Forked = requires(N node) { node.left; node.right; node.val; };

template <Linked N> struct Codec<N *> {
  static N *read(const Json &json) {
    N *first = nullptr, **end = &first;
    for (const Json &item : json.items) {
      *end = new N(Codec<decltype(N::val)>::read(item));
      (*end)->next = nullptr;
      end = &(*end)->next;
    }
    return first;
  }
  static std::string write(N *node) {
    std::vector<N *> nodes;
    for (; node; node = node->next) {
      nodes.push_back(node);
      if (nodes.size() > MOST_NODES) endless();
    }
    return all_of(nodes);
  }
};

template <Forked N> struct Codec<N *> {
  static inline std::vector<N *> known;  // of the trees that were read: arguments may name a node by its value
  static inline bool by_value = false;
  static N *read(const Json &json) {
    if (json.kind == Json::Int) {
      by_value = true;
      for (auto it = known.rbegin(); it != known.rend(); ++it) if ((*it)->val == json.whole) return *it;
      return nullptr;
    }
    std::deque<N **> places;
    N *root = nullptr;
    places.push_back(&root);
    for (const Json &item : json.items) {
      if (places.empty()) break;
      N **place = places.front();
      places.pop_front();
      if (item.kind == Json::Null) continue;
      *place = new N(Codec<decltype(N::val)>::read(item));
      (*place)->left = (*place)->right = nullptr;
      known.push_back(*place);
      places.push_back(&(*place)->left);
      places.push_back(&(*place)->right);
    }
    return root;
  }
  static std::string write(N *root) {
    if (by_value) return root ? Codec<decltype(N::val)>::write(root->val) : "null";
    std::vector<N *> nodes{root};
    for (std::size_t i = 0; i < nodes.size(); i++) {
      if (nodes.size() > 2 * MOST_NODES) endless();
      if (N *node = nodes[i]) nodes.insert(nodes.end(), {node->left, node->right});
    }
    while (!nodes.empty() && !nodes.back()) nodes.pop_back();
    return all_of(nodes);
  }
};

}  // namespace answer_driver
