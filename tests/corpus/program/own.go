package main

import (
	"strings"

	"example.com/corpus/box"
	"example.com/corpus/store"
)

type event struct {
	done   chan struct{}
	labels map[string]any
}

type stream struct {
	samples []sample
	next    *stream
}

type sample struct{ at, value int64 }

type owned struct {
	events  []*event
	streams []*stream
	byKey   map[string][]int
	hooks   map[int]func() int
	seen    map[string]bool
	nodes   []any
	texts   []string
	ptrs    []*int
	boxed   []any
}

// ownShapes allocates in package main, whose report is named `main` in one spelling and by its path in the other.
func ownShapes(round int) *owned {
	o := &owned{byKey: map[string][]int{}, hooks: make(map[int]func() int), seen: map[string]bool{}}
	for i := 0; i < 60; i++ {
		o.add(round, i)
	}
	return o
}

func (o *owned) add(round, i int) {
	// A channel and a map beside the record of the struct.
	o.events = append(o.events, &event{make(chan struct{}), map[string]any{}})
	// A make of a constant length within a composite literal.
	o.streams = append(o.streams, newStream())
	// Maps that grow where something else escapes on the line.
	k := strings.Repeat("k", i%7+1)
	o.byKey[k] = append(o.byKey[k], i)
	o.hooks[round*100+i] = func() int { return i + round }
	raw := []byte(k + "/" + k)
	o.seen[string(raw)] = true
	// Inlined generics of another package.
	o.nodes = append(o.nodes, store.NewNode(i, k))
	o.nodes = append(o.nodes, store.NewNode(k, []any{i}))
	o.ptrs = append(o.ptrs, box.Box(i*1000))
	o.boxed = append(o.boxed, 2.5*float64(i), "prefix-"+k, i*round+300)
	o.texts = append(o.texts, "prefix-"+k, string(raw))
}

func newStream() *stream {
	return &stream{make([]sample, 0, 100), nil}
}
