// Calls one function of an answer, or the methods of an object: a line of arguments in JSON from
// descriptor 3 for each call, a line of what came of it to descriptor 4. It knows no expected value.
#include <bits/stdc++.h>
#include <cxxabi.h>
#include <unistd.h>

namespace answer_driver {

struct Json {
  enum Kind { Null, Bool, Int, Float, Text, List, Dict } kind = Null;
  bool truth = false;
  long long whole = 0;
  double real = 0;
  std::string text;
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> pairs;
};

struct Parser {
  const char *at;
  void space() { while (*at && std::isspace((unsigned char)*at)) at++; }
  Json value() {
    space();
    Json json;
    switch (*at) {
      case '[': case '{': container(json); break;
      case '"': json.kind = Json::Text; json.text = text(); break;
      case 't': json.kind = Json::Bool; json.truth = true; at += 4; break;
      case 'f': json.kind = Json::Bool; at += 5; break;
      case 'n': at += 4; break;
      default: number(json);
    }
    space();
    return json;
  }
  void container(Json &json) {
    bool is_list = *at == '[';
    json.kind = is_list ? Json::List : Json::Dict;
    at++;
    space();
    while (*at != ']' && *at != '}') {
      space();
      if (is_list) {
        json.items.push_back(value());
      } else {
        std::string key = text();
        space();
        at++;
        json.pairs.emplace_back(key, value());
      }
      if (*at == ',') at++;
    }
    at++;
  }
  void number(Json &json) {
    char *end;
    json.real = std::strtod(at, &end);
    bool is_whole = std::none_of(at, (const char *)end, [](char c) { return c == '.' || c == 'e' || c == 'E'; });
    json.kind = is_whole ? Json::Int : Json::Float;
    if (is_whole) json.whole = *at == '-' ? std::strtoll(at, nullptr, 10) : (long long)std::strtoull(at, nullptr, 10);
    at = end;
  }
  std::string text() {
    std::string out;
    for (at++; *at != '"'; at++) {
      if (*at != '\\') { out += *at; continue; }
      switch (*++at) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'u': utf8(out); break;
        default: out += *at;
      }
    }
    at++;
    return out;
  }
  unsigned hex() { unsigned code = std::stoul(std::string(at + 1, at + 5), nullptr, 16); at += 4; return code; }
  void utf8(std::string &out) {
    unsigned code = hex();
    if (code >> 10 == 0x36 && at[1] == '\\') { at += 2; code = 0x10000 + ((code & 0x3FF) << 10) + (hex() & 0x3FF); }
    if (code < 0x80) { out += char(code); return; }
    if (code < 0x800) { out += char(0xC0 | code >> 6); }
    else {
      if (code < 0x10000) out += char(0xE0 | code >> 12);
      else { out += char(0xF0 | code >> 18); out += char(0x80 | (code >> 12 & 63)); }
      out += char(0x80 | (code >> 6 & 63));
    }
    out += char(0x80 | (code & 63));
  }
};

struct Unable : std::exception {
  std::string kind;
  explicit Unable(const std::type_info &type) {
    char *name = abi::__cxa_demangle(type.name(), nullptr, nullptr, nullptr);
    kind = name ? name : type.name();
  }
  const char *what() const noexcept override { return kind.c_str(); }
};

// What has no codec of its own.
template <class T> struct Codec {
  [[noreturn]] static T &read(const Json &) { throw Unable(typeid(T)); }
  [[noreturn]] static std::string write(const T &) { throw Unable(typeid(T)); }
};

struct Mismatch : std::invalid_argument { using std::invalid_argument::invalid_argument; };
inline void wrong(const char *wanted) { throw Mismatch(std::string("the argument is no ") + wanted); }
inline bool is_choosing = false;  // among overloads: numbers have to fit then

inline std::string quoted(const std::string &text) {
  std::string out = "\"";
  char code[8];
  for (unsigned char c : text) {
    if (c == '"' || c == '\\') { out += '\\'; out += char(c); }
    else if (c < 0x20) { std::snprintf(code, sizeof code, "\\u%04x", c); out += code; }
    else out += char(c);
  }
  return out + "\"";
}

template <class T> requires std::is_integral_v<T>
struct Codec<T> {
  static T read(const Json &json) {
    if constexpr (std::is_same_v<T, bool>) { if (json.kind != Json::Bool) wrong("bool"); return json.truth; }
    if constexpr (sizeof(T) == 1) if (json.kind == Json::Text && json.text.size() == 1) return T(json.text[0]);
    if (json.kind == Json::Bool) return json.truth;
    if (json.kind != Json::Int) wrong("whole number");
    if (is_choosing && sizeof(T) < 8 && (long long)T(json.whole) != json.whole) wrong("number of that size");
    return T(json.whole);
  }
  static std::string write(T value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, char>) return quoted(std::string(1, value));
    else if constexpr (sizeof(T) > 8) return digits(value);
    else return std::to_string(value);
  }
  static std::string digits(T value) {
    bool is_negative = value < 0;
    std::string out;
    do { int digit = int(value % 10); out += char('0' + (digit < 0 ? -digit : digit)); } while (value /= 10);
    if (is_negative) out += '-';
    return {out.rbegin(), out.rend()};
  }
};
template <class T> requires std::is_floating_point_v<T>
struct Codec<T> {
  static T read(const Json &json) {
    if (json.kind != Json::Int && json.kind != Json::Float) wrong("number");
    return T(json.real);
  }
  static std::string write(T value) {
    if (std::isnan(value)) return "{\"float\":\"nan\"}";
    if (std::isinf(value)) return value > 0 ? "{\"float\":\"inf\"}" : "{\"float\":\"-inf\"}";
    char out[64];
    std::snprintf(out, sizeof out, "%.17g", double(value));
    return out;
  }
};
template <> struct Codec<std::string> {
  static std::string read(const Json &json) { if (json.kind != Json::Text) wrong("text"); return json.text; }
  static std::string write(const std::string &value) { return quoted(value); }
};
template <> struct Codec<std::string_view> {
  static std::string_view read(const Json &json) { if (json.kind != Json::Text) wrong("text"); return json.text; }
  static std::string write(std::string_view value) { return quoted(std::string(value)); }
};
template <> struct Codec<const char *> {
  static const char *read(const Json &json) { if (json.kind != Json::Text) wrong("text"); return json.text.c_str(); }
  static std::string write(const char *value) { return quoted(value); }
};
// An array that is told by where it begins; how long it is, is told apart.
template <class T> requires std::is_arithmetic_v<T>
struct Codec<T *> {
  static inline std::map<const void *, std::size_t> sizes;
  static T *read(const Json &json) {
    bool is_text = sizeof(T) == 1 && json.kind == Json::Text;
    if (!is_text && json.kind != Json::List) wrong("list");
    std::size_t size = is_text ? json.text.size() : json.items.size();
    T *out = new T[size + 1]();
    for (std::size_t i = 0; i < size; i++) out[i] = is_text ? T(json.text[i]) : Codec<T>::read(json.items[i]);
    sizes[out] = size;
    return out;
  }
  static std::string write(T *value) {
    if constexpr (std::is_same_v<T, char>) return quoted(value);
    if (!sizes.count(value)) throw Unable(typeid(T *));
    return Codec<std::vector<T>>::write(std::vector<T>(value, value + sizes[value]));
  }
};
// Rows that are told by where they begin.
template <class T> requires std::is_arithmetic_v<T>
struct Codec<T **> {
  static inline std::map<const void *, std::size_t> sizes;
  static T **read(const Json &json) {
    if (json.kind != Json::List) wrong("list");
    T **out = new T *[json.items.size() + 1]();
    for (std::size_t i = 0; i < json.items.size(); i++) out[i] = Codec<T *>::read(json.items[i]);
    sizes[out] = json.items.size();
    return out;
  }
  static std::string write(T **value) {
    if (!sizes.count(value)) throw Unable(typeid(T **));
    return Codec<std::vector<T *>>::write(std::vector<T *>(value, value + sizes[value]));
  }
};
// Rows of a fixed length.
template <class T, std::size_t N> requires std::is_arithmetic_v<T>
struct Codec<T (*)[N]> {
  static inline std::map<const void *, std::size_t> sizes;
  static T (*read(const Json &json))[N] {
    if (json.kind != Json::List) wrong("list");
    auto *out = reinterpret_cast<T (*)[N]>(new T[N * (json.items.size() + 1)]());
    for (std::size_t i = 0; i < json.items.size(); i++) {
      auto row = Codec<std::array<T, N>>::read(json.items[i]);
      std::copy(row.begin(), row.end(), out[i]);
    }
    sizes[out] = json.items.size();
    return out;
  }
  static std::string write(T (*value)[N]) {
    if (!sizes.count(value)) throw Unable(typeid(value));
    std::vector<std::array<T, N>> rows(sizes[value]);
    for (std::size_t i = 0; i < rows.size(); i++) std::copy(value[i], value[i] + N, rows[i].begin());
    return Codec<std::vector<std::array<T, N>>>::write(rows);
  }
};
template <class T> struct Codec<std::span<T>> {
  using Plain = std::remove_const_t<T>;
  static std::span<T> read(const Json &json) { return *new std::vector<Plain>(Codec<std::vector<Plain>>::read(json)); }
  static std::string write(std::span<T> values) { return Codec<std::vector<Plain>>::write({values.begin(), values.end()}); }
};
template <class T> struct Codec<std::optional<T>> {
  static std::optional<T> read(const Json &json) { if (json.kind == Json::Null) return {}; return Codec<T>::read(json); }
  static std::string write(const std::optional<T> &value) { return value ? Codec<T>::write(*value) : "null"; }
};

template <class C> std::string listed(const C &values) {
  std::string out = "[";
  for (auto it = values.begin(); it != values.end(); ++it) {
    if (it != values.begin()) out += ",";
    out += Codec<typename C::value_type>::write(*it);
  }
  return out + "]";
}
template <class C> struct ListCodec {
  static C read(const Json &json) {
    if constexpr (std::is_same_v<typename C::value_type, char>) if (json.kind == Json::Text) return C(json.text.begin(), json.text.end());
    if (json.kind != Json::List) wrong("list");
    C out;
    for (const Json &item : json.items) out.insert(out.end(), Codec<typename C::value_type>::read(item));
    return out;
  }
  static std::string write(const C &values) { return listed(values); }
};
template <class T> struct Codec<std::vector<T>> : ListCodec<std::vector<T>> {};
template <class T> struct Codec<std::deque<T>> : ListCodec<std::deque<T>> {};
template <class T> struct Codec<std::list<T>> : ListCodec<std::list<T>> {};
template <class T> struct Codec<std::forward_list<T>> {
  static std::forward_list<T> read(const Json &json) { auto all = Codec<std::vector<T>>::read(json); return {all.begin(), all.end()}; }
  static std::string write(const std::forward_list<T> &values) { return listed(values); }
};
// Stacks and queues, from the bottom and from the front.
template <class C> struct AdapterCodec : C {
  using Inside = typename C::container_type;
  static C read(const Json &json) { C out; for (const auto &item : Codec<Inside>::read(json)) out.push(item); return out; }
  static std::string write(const C &values) { return listed(values.*&AdapterCodec::c); }
};
template <class T> struct Codec<std::stack<T>> : AdapterCodec<std::stack<T>> {};
template <class T> struct Codec<std::queue<T>> : AdapterCodec<std::queue<T>> {};
template <class T, class D> struct Codec<std::unique_ptr<T, D>> {
  static std::unique_ptr<T, D> read(const Json &json) { if (json.kind == Json::Null) return {}; return std::make_unique<T>(Codec<T>::read(json)); }
  static std::string write(const std::unique_ptr<T, D> &value) { return value ? Codec<T>::write(*value) : "null"; }
};
template <class T> struct Codec<std::shared_ptr<T>> {
  static std::shared_ptr<T> read(const Json &json) { if (json.kind == Json::Null) return {}; return std::make_shared<T>(Codec<T>::read(json)); }
  static std::string write(const std::shared_ptr<T> &value) { return value ? Codec<T>::write(*value) : "null"; }
};
template <> struct Codec<std::nullopt_t> { static std::string write(std::nullopt_t) { return "null"; } };
template <> struct Codec<std::monostate> {
  static std::monostate read(const Json &) { return {}; }
  static std::string write(std::monostate) { return "null"; }
};
template <class... T> struct Codec<std::variant<T...>> {
  using V = std::variant<T...>;
  template <class One> static bool reads(const Json &json, std::optional<V> &out) {
    if (out) return true;
    try { out.emplace(Codec<One>::read(json)); } catch (const Mismatch &) {}
    return bool(out);
  }
  static V read(const Json &json) {
    std::optional<V> out;
    (reads<T>(json, out), ...);
    if (!out) wrong("value of any of its kinds");
    return *out;
  }
  static std::string write(const V &value) {
    return std::visit([](const auto &one) { return Codec<std::decay_t<decltype(one)>>::write(one); }, value);
  }
};
template <class C> struct SetCodec : ListCodec<C> {
  static std::string write(const C &values) { return "{\"set\":" + listed(values) + "}"; }
};
template <class... T> struct Codec<std::set<T...>> : SetCodec<std::set<T...>> {};
template <class... T> struct Codec<std::multiset<T...>> : ListCodec<std::multiset<T...>> {};
template <class... T> struct Codec<std::unordered_set<T...>> : SetCodec<std::unordered_set<T...>> {};
template <class T, std::size_t N> struct Codec<std::array<T, N>> {
  static std::array<T, N> read(const Json &json) {
    if (json.kind != Json::List || json.items.size() != N) wrong("list of that length");
    std::array<T, N> out;
    for (std::size_t i = 0; i < N; i++) out[i] = Codec<T>::read(json.items[i]);
    return out;
  }
  static std::string write(const std::array<T, N> &values) { return listed(values); }
};
template <class C> struct MapCodec {
  using K = typename C::key_type;
  using V = typename C::mapped_type;
  static K key(const std::string &text) {
    if constexpr (std::is_same_v<K, std::string>) return text;
    else { Json json = Parser{text.c_str()}.value(); return Codec<K>::read(json); }
  }
  static C read(const Json &json) {
    if (json.kind != Json::Dict) wrong("object");
    C out;
    for (const auto &[name, item] : json.pairs) out.emplace(key(name), Codec<V>::read(item));
    return out;
  }
  static std::string write(const C &values) {
    std::string out = "{\"dict\":[";
    bool is_first = true;
    for (const auto &[name, item] : values) {
      if (!is_first) out += ",";
      is_first = false;
      out += "[" + Codec<K>::write(name) + "," + Codec<V>::write(item) + "]";
    }
    return out + "]}";
  }
};
template <class... T> struct Codec<std::map<T...>> : MapCodec<std::map<T...>> {};
template <class... T> struct Codec<std::unordered_map<T...>> : MapCodec<std::unordered_map<T...>> {};
template <class T> struct TupleCodec {
  template <std::size_t... I> static T read(const Json &json, std::index_sequence<I...>) {
    return T{Codec<std::tuple_element_t<I, T>>::read(json.items[I])...};
  }
  static T read(const Json &json) {
    if (json.kind != Json::List || json.items.size() != std::tuple_size_v<T>) wrong("list of that length");
    return read(json, std::make_index_sequence<std::tuple_size_v<T>>{});
  }
  static std::string write(const T &value) {
    std::string out;
    std::apply([&](const auto &...item) {
      ((out += (out.empty() ? "" : ",") + Codec<std::decay_t<decltype(item)>>::write(item)), ...);
    }, value);
    return "[" + out + "]";
  }
};
template <class A, class B> struct Codec<std::pair<A, B>> : TupleCodec<std::pair<A, B>> {};
template <class... A> struct Codec<std::tuple<A...>> : TupleCodec<std::tuple<A...>> {};

constexpr int RETURNED = -1;  // else the number of the argument that is the result
using Args = std::vector<Json>;

// Becomes whatever a parameter asks for, and can be read afterwards. A constructor of `Not` is not
// handed a copy.
template <class Not = void> struct Argument {
  const Json &json;
  std::shared_ptr<void> value;
  std::function<std::string()> written = [] { return std::string("null"); };
  template <class T> requires(!std::is_same_v<std::remove_const_t<T>, Not> && !std::is_abstract_v<T>) operator T &() {
    using Plain = std::remove_const_t<T>;
    auto made = std::make_shared<Plain>(Codec<Plain>::read(json));
    value = made;
    written = [made] { return Codec<Plain>::write(*made); };
    return *made;
  }
};

template <class Not = void> struct Arguments {
  std::deque<Argument<Not>> all;
  explicit Arguments(const Args &args) { for (const Json &json : args) all.push_back({json, nullptr}); }
  Argument<Not> &operator[](std::size_t at) { return all[at]; }
};

// What comes of a call; where nothing is returned, the first argument was changed.
template <class F> std::string outcome(int result, Arguments<> &args, F call) {
  using R = decltype(call());
  if constexpr (std::is_void_v<R>) {
    call();
    std::size_t at = result == RETURNED ? 0 : result;
    return at < args.all.size() ? args[at].written() : "null";
  } else {
    std::decay_t<R> returned = call();
    return result == RETURNED ? Codec<std::decay_t<R>>::write(returned) : args[result].written();
  }
}

template <class F, class R, class... A> struct Call {
  F function;
  int result;
  std::string operator()(const Args &args) {
    if (args.size() != sizeof...(A)) throw Mismatch("it takes " + std::to_string(sizeof...(A)) + " arguments");
    return with(args, std::index_sequence_for<A...>{});
  }
  template <std::size_t... I> std::string with(const Args &args, std::index_sequence<I...>) {
    std::tuple<std::decay_t<A>...> values{Codec<std::decay_t<A>>::read(args[I])...};
    if constexpr (std::is_void_v<R>) {
      function(static_cast<A>(std::get<I>(values))...);
      return written(result == RETURNED ? 0 : result, values, std::index_sequence<I...>{});
    } else {
      std::decay_t<R> returned = function(static_cast<A>(std::get<I>(values))...);
      if (result == RETURNED) return Codec<std::decay_t<R>>::write(returned);
      return written(result, values, std::index_sequence<I...>{});
    }
  }
  template <std::size_t... I> static std::string written(int at, std::tuple<std::decay_t<A>...> &values, std::index_sequence<I...>) {
    std::string out = "null";
    ((int(I) == at ? void(out = Codec<std::decay_t<A>>::write(std::get<I>(values))) : void()), ...);
    return out;
  }
};
template <class R, class... A> auto caller(int result, R (*f)(A...)) { return Call<R (*)(A...), R, A...>{f, result}; }
template <class C, class R, class... A> auto caller(int result, R (C::*f)(A...)) {
  auto bound = [f](A... args) -> R { C object{}; return (object.*f)(std::forward<A>(args)...); };
  return Call<decltype(bound), R, A...>{bound, result};
}
template <class C, class R, class... A> auto caller(int result, R (C::*f)(A...) const) {
  auto bound = [f](A... args) -> R { C object{}; return (object.*f)(std::forward<A>(args)...); };
  return Call<decltype(bound), R, A...>{bound, result};
}

// Of several functions of that name the first whose parameters the arguments fit.
template <class... P, class F> auto overload(int result, F f) { return Call<F, std::invoke_result_t<F, P...>, P...>{f, result}; }
template <class... C> auto one_of(C... calls) {
  is_choosing = true;
  return [=](const Args &args) mutable {
    std::optional<std::string> out;
    std::exception_ptr misfit;
    auto attempt = [&](auto &call) {
      if (out) return;
      try { out = call(args); } catch (const Mismatch &) { misfit = std::current_exception(); } catch (const Unable &) { misfit = std::current_exception(); }
    };
    (attempt(calls), ...);
    if (!out) std::rethrow_exception(misfit);
    return *out;
  };
}

// The life of an object: a list of names, the class first, and one of what each is called with.
template <class C> struct Life {
  std::map<std::size_t, std::function<C *(Arguments<C> &)>> makers;
  std::map<std::pair<std::string, std::size_t>, std::function<std::string(C &, Arguments<> &)>> methods;
  std::string operator()(const Args &args) {
    const Args &names = args[0].items, &calls = args[1].items;
    Arguments<C> made_of(calls[0].items);
    C *object = makers.at(calls[0].items.size())(made_of);
    std::string out = "[null";
    for (std::size_t i = 1; i < calls.size(); i++) {
      Arguments<> given(calls[i].items);
      out += "," + methods.at({names[i].text, calls[i].items.size()})(*object, given);
    }
    return out + "]";
  }
};
template <class F> std::string said(F call) {
  using R = decltype(call());
  if constexpr (std::is_void_v<R>) { call(); return "null"; }
  else { std::decay_t<R> returned = call(); return Codec<std::decay_t<R>>::write(returned); }
}

inline std::string raised(const std::string &text) {
  return "{\"raised\":{\"types\":[\"Error\"],\"message\":\"\",\"traceback\":" + quoted(text) + "}}";
}

inline std::string all_of_descriptor(int descriptor) {
  std::string out;
  char part[1 << 16];
  for (ssize_t n; (n = read(descriptor, part, sizeof part)) > 0;) out.append(part, n);
  return out;
}

inline void say(const std::string &line) {
  for (std::size_t sent = 0; sent < line.size();) {
    ssize_t n = write(4, line.data() + sent, line.size() - sent);
    if (n <= 0) std::_Exit(1);
    sent += n;
  }
}

template <class C> int serve(C call) {
  std::istringstream calls(all_of_descriptor(3));
  for (std::string line; std::getline(calls, line);) {
    Json args = Parser{line.c_str()}.value();
    std::string said;
    try {
      said = "{\"value\":" + call(args.items) + "}";
    } catch (const Unable &type) {
      said = "{\"unable\":" + quoted(type.kind) + "}";
    } catch (const std::exception &error) {
      said = raised(error.what());
    } catch (...) {
      said = raised("an exception");
    }
    say(said + "\n");
  }
  std::_Exit(0);
}

}  // namespace answer_driver
