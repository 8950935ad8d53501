// Package slices is what Go has of that name from 1.21 on, for compilers that are older.
package slices

import (
	"cmp"
	"sort"
)

type sorted[E any] struct {
	items   []E
	compare func(a, b E) int
}

func (s sorted[E]) Len() int           { return len(s.items) }
func (s sorted[E]) Less(i, j int) bool { return s.compare(s.items[i], s.items[j]) < 0 }
func (s sorted[E]) Swap(i, j int)      { s.items[i], s.items[j] = s.items[j], s.items[i] }

func Sort[S ~[]E, E cmp.Ordered](s S)                                 { SortFunc(s, cmp.Compare[E]) }
func SortFunc[S ~[]E, E any](s S, compare func(a, b E) int)           { sort.Sort(sorted[E]{s, compare}) }
func SortStableFunc[S ~[]E, E any](s S, compare func(a, b E) int)     { sort.Stable(sorted[E]{s, compare}) }
func IsSorted[S ~[]E, E cmp.Ordered](s S) bool                        { return IsSortedFunc(s, cmp.Compare[E]) }
func IsSortedFunc[S ~[]E, E any](s S, compare func(a, b E) int) bool  { return sort.IsSorted(sorted[E]{s, compare}) }
func Max[S ~[]E, E cmp.Ordered](s S) E                                { return MaxFunc(s, cmp.Compare[E]) }
func Min[S ~[]E, E cmp.Ordered](s S) E                                { return MinFunc(s, cmp.Compare[E]) }
func Contains[S ~[]E, E comparable](s S, value E) bool                { return Index(s, value) >= 0 }
func ContainsFunc[S ~[]E, E any](s S, holds func(E) bool) bool        { return IndexFunc(s, holds) >= 0 }
func Index[S ~[]E, E comparable](s S, value E) int                    { return IndexFunc(s, func(x E) bool { return x == value }) }
func Clone[S ~[]E, E any](s S) S                                      { return append(s[:0:0], s...) }
func Clip[S ~[]E, E any](s S) S                                       { return s[:len(s):len(s)] }
func Grow[S ~[]E, E any](s S, n int) S                                { return append(s, make(S, n)...)[:len(s)] }
func Compact[S ~[]E, E comparable](s S) S                             { return CompactFunc(s, func(a, b E) bool { return a == b }) }

func MaxFunc[S ~[]E, E any](s S, compare func(a, b E) int) E {
	most := s[0]
	for _, x := range s[1:] {
		if compare(x, most) > 0 {
			most = x
		}
	}
	return most
}

func MinFunc[S ~[]E, E any](s S, compare func(a, b E) int) E {
	return MaxFunc(s, func(a, b E) int { return compare(b, a) })
}

func IndexFunc[S ~[]E, E any](s S, holds func(E) bool) int {
	for i, x := range s {
		if holds(x) {
			return i
		}
	}
	return -1
}

func BinarySearch[S ~[]E, E cmp.Ordered](s S, target E) (int, bool) {
	return BinarySearchFunc(s, target, cmp.Compare[E])
}

func BinarySearchFunc[S ~[]E, E, T any](s S, target T, compare func(E, T) int) (int, bool) {
	at := sort.Search(len(s), func(i int) bool { return compare(s[i], target) >= 0 })
	return at, at < len(s) && compare(s[at], target) == 0
}

func Reverse[S ~[]E, E any](s S) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

func Equal[S ~[]E, E comparable](a, b S) bool {
	return EqualFunc(a, b, func(x, y E) bool { return x == y })
}

func EqualFunc[S1 ~[]E1, S2 ~[]E2, E1, E2 any](a S1, b S2, equal func(E1, E2) bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func Compare[S ~[]E, E cmp.Ordered](a, b S) int {
	for i, x := range a {
		if i >= len(b) {
			return 1
		}
		if order := cmp.Compare(x, b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

func Insert[S ~[]E, E any](s S, at int, values ...E) S {
	return append(s[:at], append(append(S{}, values...), s[at:]...)...)
}

func Delete[S ~[]E, E any](s S, from, to int) S { return append(s[:from], s[to:]...) }

func DeleteFunc[S ~[]E, E any](s S, drop func(E) bool) S {
	kept := s[:0]
	for _, x := range s {
		if !drop(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

func CompactFunc[S ~[]E, E any](s S, equal func(a, b E) bool) S {
	kept := s[:0]
	for _, x := range s {
		if len(kept) == 0 || !equal(kept[len(kept)-1], x) {
			kept = append(kept, x)
		}
	}
	return kept
}

func Concat[S ~[]E, E any](all ...S) (out S) {
	for _, s := range all {
		out = append(out, s...)
	}
	return out
}

func Repeat[S ~[]E, E any](s S, times int) (out S) {
	for ; times > 0; times-- {
		out = append(out, s...)
	}
	return out
}

func Collect[E any](all func(yield func(E) bool)) (out []E) {
	all(func(x E) bool { out = append(out, x); return true })
	return out
}

func Sorted[E cmp.Ordered](all func(yield func(E) bool)) []E {
	out := Collect(all)
	Sort(out)
	return out
}
