// What Go was given later, for compilers that are older: each answer is followed by what it uses.

// judgedOrdered
type judgedOrdered interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr | ~float32 | ~float64 | ~string
}

// judgedRange
func judgedRange(n int) []struct{} {
	if n < 0 {
		n = 0
	}
	return make([]struct{}, n)
}

// min
func min[T judgedOrdered](least T, others ...T) T {
	for _, other := range others {
		if other < least {
			least = other
		}
	}
	return least
}

// max
func max[T judgedOrdered](most T, others ...T) T {
	for _, other := range others {
		if other > most {
			most = other
		}
	}
	return most
}

// clear
func clear[K comparable, V any](all map[K]V) {
	for key := range all {
		delete(all, key)
	}
}
