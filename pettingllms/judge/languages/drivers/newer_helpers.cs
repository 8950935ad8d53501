static class JudgedNewer {
  public static int End(System.Collections.ICollection all) { return all.Count; }
  public static int End(string text) { return text.Length; }
  public static string Slice(string text, int from, int to) { return text.Substring(from, to - from); }
  public static T[] Slice<T>(T[] all, int from, int to) { var part = new T[to - from]; System.Array.Copy(all, from, part, 0, to - from); return part; }
  public static V GetValueOrDefault<K, V>(this System.Collections.Generic.Dictionary<K, V> all, K key, V other = default(V)) { V value; return all.TryGetValue(key, out value) ? value : other; }
  public static bool TryAdd<K, V>(this System.Collections.Generic.Dictionary<K, V> all, K key, V value) { if (all.ContainsKey(key)) return false; all.Add(key, value); return true; }
  public static K Part0<K, V>(System.Collections.Generic.KeyValuePair<K, V> pair) { return pair.Key; }
  public static V Part1<K, V>(System.Collections.Generic.KeyValuePair<K, V> pair) { return pair.Value; }
  public static A Part0<A, B>(System.ValueTuple<A, B> all) { return all.Item1; }
  public static B Part1<A, B>(System.ValueTuple<A, B> all) { return all.Item2; }
  public static A Part0<A, B, C>(System.ValueTuple<A, B, C> all) { return all.Item1; }
  public static B Part1<A, B, C>(System.ValueTuple<A, B, C> all) { return all.Item2; }
  public static C Part2<A, B, C>(System.ValueTuple<A, B, C> all) { return all.Item3; }
  public static T MaxBy<T, K>(this System.Collections.Generic.IEnumerable<T> all, System.Func<T, K> by) { return System.Linq.Enumerable.First(System.Linq.Enumerable.OrderByDescending(all, by)); }
  public static T MinBy<T, K>(this System.Collections.Generic.IEnumerable<T> all, System.Func<T, K> by) { return System.Linq.Enumerable.First(System.Linq.Enumerable.OrderBy(all, by)); }
  public static System.Collections.Generic.IEnumerable<T> DistinctBy<T, K>(this System.Collections.Generic.IEnumerable<T> all, System.Func<T, K> by) { var seen = new System.Collections.Generic.HashSet<K>(); foreach (var one in all) if (seen.Add(by(one))) yield return one; }
  public static System.Collections.Generic.IEnumerable<T[]> Chunk<T>(this System.Collections.Generic.IEnumerable<T> all, int size) { var part = new System.Collections.Generic.List<T>(); foreach (var one in all) { part.Add(one); if (part.Count == size) { yield return part.ToArray(); part.Clear(); } } if (part.Count > 0) yield return part.ToArray(); }
}
