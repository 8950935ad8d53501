class PriorityQueue<TElement, TPriority> {
  class Item { public TElement element; public TPriority priority; public long turn; }
  readonly System.Collections.Generic.List<Item> heap = new System.Collections.Generic.List<Item>();
  readonly System.Collections.Generic.IComparer<TPriority> order;
  long turns = 0;
  public PriorityQueue() : this(null) {}
  public PriorityQueue(System.Collections.Generic.IComparer<TPriority> order) { this.order = order ?? System.Collections.Generic.Comparer<TPriority>.Default; }
  public int Count { get { return heap.Count; } }
  bool IsBefore(int a, int b) { int said = order.Compare(heap[a].priority, heap[b].priority); return said < 0 || said == 0 && heap[a].turn < heap[b].turn; }
  void Swap(int a, int b) { var one = heap[a]; heap[a] = heap[b]; heap[b] = one; }
  public void Enqueue(TElement element, TPriority priority) {
    heap.Add(new Item { element = element, priority = priority, turn = turns++ });
    for (int at = heap.Count - 1; at > 0 && IsBefore(at, (at - 1) / 2); at = (at - 1) / 2) Swap(at, (at - 1) / 2);
  }
  public TElement Peek() { if (heap.Count == 0) throw new System.InvalidOperationException("Queue empty."); return heap[0].element; }
  public TElement Dequeue() {
    TElement first = Peek();
    int last = heap.Count - 1;
    heap[0] = heap[last];
    heap.RemoveAt(last);
    for (int at = 0, next; (next = 2 * at + 1) < heap.Count; at = next) {
      if (next + 1 < heap.Count && IsBefore(next + 1, next)) next++;
      if (!IsBefore(next, at)) break;
      Swap(at, next);
    }
    return first;
  }
  public bool TryPeek(out TElement element, out TPriority priority) {
    element = heap.Count > 0 ? heap[0].element : default(TElement);
    priority = heap.Count > 0 ? heap[0].priority : default(TPriority);
    return heap.Count > 0;
  }
  public bool TryDequeue(out TElement element, out TPriority priority) {
    bool found = TryPeek(out element, out priority);
    if (found) Dequeue();
    return found;
  }
  public void Clear() { heap.Clear(); }
}
