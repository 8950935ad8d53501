// Calls one function of an answer: a line of arguments in JSON from descriptor 3 for each call, a
// line of what came of it to descriptor 4. It knows no expected value.
#include <bits/stdc++.h>
#include <unistd.h>

namespace judge {

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

template <class T> struct Codec;

inline void wrong(const char *wanted) { throw std::invalid_argument(std::string("the argument is no ") + wanted); }

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
    return T(json.whole);
  }
  static std::string write(T value) {
    if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, char>) return quoted(std::string(1, value));
    else return std::to_string(value);
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
template <class C> struct SetCodec : ListCodec<C> {
  static std::string write(const C &values) { return "{\"set\":" + listed(values) + "}"; }
};
template <class T> struct Codec<std::set<T>> : SetCodec<std::set<T>> {};
template <class T> struct Codec<std::multiset<T>> : ListCodec<std::multiset<T>> {};
template <class T> struct Codec<std::unordered_set<T>> : SetCodec<std::unordered_set<T>> {};
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
template <class K, class V> struct Codec<std::map<K, V>> : MapCodec<std::map<K, V>> {};
template <class K, class V> struct Codec<std::unordered_map<K, V>> : MapCodec<std::unordered_map<K, V>> {};
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

template <class F, class R, class... A> struct Call {
  F function;
  std::string operator()(const std::vector<Json> &args) {
    if (args.size() != sizeof...(A)) throw std::invalid_argument("it takes " + std::to_string(sizeof...(A)) + " arguments");
    return with(args, std::index_sequence_for<A...>{});
  }
  template <std::size_t... I> std::string with(const std::vector<Json> &args, std::index_sequence<I...>) {
    std::tuple<std::decay_t<A>...> values{Codec<std::decay_t<A>>::read(args[I])...};
    if constexpr (std::is_void_v<R>) {
      function(static_cast<A>(std::get<I>(values))...);
      if constexpr (sizeof...(A) == 0) return "null";
      else return Codec<std::decay_t<decltype(std::get<0>(values))>>::write(std::get<0>(values));
    } else {
      std::decay_t<R> result = function(static_cast<A>(std::get<I>(values))...);
      return Codec<std::decay_t<R>>::write(result);
    }
  }
};
template <class R, class... A> auto caller(R (*f)(A...)) { return Call<R (*)(A...), R, A...>{f}; }
template <class C, class R, class... A> auto caller(R (C::*f)(A...)) {
  auto bound = [f](A... args) -> R { C object{}; return (object.*f)(std::forward<A>(args)...); };
  return Call<decltype(bound), R, A...>{bound};
}
template <class C, class R, class... A> auto caller(R (C::*f)(A...) const) {
  auto bound = [f](A... args) -> R { C object{}; return (object.*f)(std::forward<A>(args)...); };
  return Call<decltype(bound), R, A...>{bound};
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
    } catch (const std::exception &error) {
      said = raised(error.what());
    } catch (...) {
      said = raised("an exception");
    }
    say(said + "\n");
  }
  std::_Exit(0);
}

}  // namespace judge
