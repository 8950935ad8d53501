// Linked lists and trees from lists of their values, and back: any type that has such members.
namespace answer_driver {

constexpr std::size_t MOST_NODES = 100000;

template <class N> std::string all_of(const std::vector<N *> &nodes) {
  std::string out;
  for (N *node : nodes) out += (out.empty() ? "" : ",") + (node ? Codec<decltype(N::val)>::write(node->val) : "null");
  return "[" + out + "]";
}
inline void endless() { throw std::runtime_error("the nodes never end"); }

template <class N> concept Forked = requires(N node) { node.left; node.right; node.val; };
template <class N> concept Linked = requires(N node) { node.next; node.val; } && !Forked<N>;
template <class N> concept Branched = requires(N node) { node.children; node.val; } && !Forked<N> && !Linked<N>;

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

// Level by level, null after the children of each.
template <Branched N> struct Codec<N *> {
  static N *read(const Json &json) {
    if (json.items.empty() || json.items[0].kind == Json::Null) return nullptr;
    auto made = [](const Json &item) { N *node = new N(); node->val = Codec<decltype(N::val)>::read(item); return node; };
    N *root = made(json.items[0]);
    std::deque<N *> parents{root};
    for (std::size_t i = 2; i < json.items.size() && !parents.empty(); i++) {
      if (json.items[i].kind == Json::Null) { parents.pop_front(); continue; }
      parents.push_back(made(json.items[i]));
      parents.front()->children.push_back(parents.back());
    }
    return root;
  }
  static std::string write(N *root) {
    if (!root) return "[]";
    std::vector<N *> values{root, nullptr};
    for (std::size_t at = 0; at < values.size(); at++) {
      if (values.size() > 2 * MOST_NODES) endless();
      if (!values[at]) continue;
      values.insert(values.end(), values[at]->children.begin(), values[at]->children.end());
      values.push_back(nullptr);
    }
    while (!values.back()) values.pop_back();
    return all_of(values);
  }
};

}  // namespace answer_driver
