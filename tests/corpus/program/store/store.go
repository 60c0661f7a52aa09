// Package store has generics that are too large to inline: their records stand in the report of the instantiating package.
package store

import "sort"

// Node is a linked entry.
type Node[K comparable, V any] struct {
	key   K
	value V
	next  *Node[K, V]
	tags  []V
}

// NewNode is inlined.
func NewNode[K comparable, V any](k K, v V) *Node[K, V] {
	return &Node[K, V]{key: k, value: v}
}

// Table is a map of chains with an order.
type Table[K comparable, V any] struct {
	chains map[K]*Node[K, V]
	order  []K
	hooks  []func(K, V)
	less   func(a, b K) bool
	log    []any
}

// New makes a table; not inlined because of the loop.
func New[K comparable, V any](less func(a, b K) bool, seeds ...K) *Table[K, V] {
	t := &Table[K, V]{chains: make(map[K]*Node[K, V]), less: less}
	for _, s := range seeds {
		var zero V
		t.Put(s, zero)
	}
	return t
}

// Put adds; not inlined.
func (t *Table[K, V]) Put(k K, v V) *Node[K, V] {
	n := &Node[K, V]{key: k, value: v, next: t.chains[k]}
	n.tags = append(n.tags, v)
	t.chains[k] = n
	t.order = append(t.order, k)
	if len(t.order)%16 == 0 {
		sort.Slice(t.order, func(i, j int) bool { return t.less(t.order[i], t.order[j]) })
		t.log = append(t.log, k, v)
		t.hooks = append(t.hooks, func(k2 K, v2 V) { n.key, n.value = k2, v2 })
	}
	return n
}

// Values copies; not inlined.
func (t *Table[K, V]) Values() []V {
	out := make([]V, 0, len(t.chains))
	for _, n := range t.chains {
		for ; n != nil; n = n.next {
			out = append(out, n.value)
		}
	}
	return out
}

// Group is a generic function with a map of slices.
func Group[K comparable, V any](vs []V, by func(V) K) map[K][]V {
	out := make(map[K][]V)
	for _, v := range vs {
		k := by(v)
		out[k] = append(out[k], v)
	}
	return out
}
