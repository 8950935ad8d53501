// Package maps is what Go has of that name from 1.21 on, for compilers that are older.
package maps

func Keys[M ~map[K]V, K comparable, V any](m M) func(yield func(K) bool) {
	return func(yield func(K) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

func Values[M ~map[K]V, K comparable, V any](m M) func(yield func(V) bool) {
	return func(yield func(V) bool) {
		for _, value := range m {
			if !yield(value) {
				return
			}
		}
	}
}

func Clone[M ~map[K]V, K comparable, V any](m M) M {
	if m == nil {
		return nil
	}
	out := make(M, len(m))
	Copy(out, m)
	return out
}

func Copy[M1 ~map[K]V, M2 ~map[K]V, K comparable, V any](into M1, from M2) {
	for key, value := range from {
		into[key] = value
	}
}

func Equal[M1, M2 ~map[K]V, K, V comparable](a M1, b M2) bool {
	return EqualFunc(a, b, func(x, y V) bool { return x == y })
}

func EqualFunc[M1 ~map[K]V1, M2 ~map[K]V2, K comparable, V1, V2 any](a M1, b M2, equal func(V1, V2) bool) bool {
	if len(a) != len(b) {
		return false
	}
	for key, value := range a {
		if other, is := b[key]; !is || !equal(value, other) {
			return false
		}
	}
	return true
}

func DeleteFunc[M ~map[K]V, K comparable, V any](m M, drop func(K, V) bool) {
	for key, value := range m {
		if drop(key, value) {
			delete(m, key)
		}
	}
}
