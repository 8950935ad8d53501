// What lists have from Java 21 on, for those that are older.
class NewerLists {
  static <T> T getFirst(java.util.List<T> all) { return all.get(at(all, 0)); }

  static <T> T getLast(java.util.List<T> all) { return all.get(at(all, all.size() - 1)); }

  static <T> T removeFirst(java.util.List<T> all) { return all.remove(at(all, 0)); }

  static <T> T removeLast(java.util.List<T> all) { return all.remove(at(all, all.size() - 1)); }

  static <T> void addFirst(java.util.List<T> all, T one) { all.add(0, one); }

  static <T> void addLast(java.util.List<T> all, T one) { all.add(one); }

  static <T> java.util.List<T> reversed(java.util.List<T> all) {
    var turned = new java.util.ArrayList<T>(all);
    java.util.Collections.reverse(turned);
    return turned;
  }

  private static int at(java.util.List<?> all, int place) {
    if (all.isEmpty()) throw new java.util.NoSuchElementException();
    return place;
  }
}
