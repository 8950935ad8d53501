// As JavaFX has it, and with it LeetCode.
class Pair<K, V> {
    private final K key;
    private final V value;
    public Pair(K key, V value) { this.key = key; this.value = value; }
    public K getKey() { return key; }
    public V getValue() { return value; }
    @Override public int hashCode() { return java.util.Objects.hash(key, value); }
    @Override public boolean equals(Object other) { return other instanceof Pair && key.equals(((Pair<?, ?>) other).key) && value.equals(((Pair<?, ?>) other).value); }
    @Override public String toString() { return key + "=" + value; }
}
