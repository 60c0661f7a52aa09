// Package shapes has each shape of line that once misled the attribution, many times over.
package shapes

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"example.com/corpus/box"
	"example.com/corpus/store"
)

type sample struct{ at, value int64 }

type stream struct {
	samples []sample
	err     error
}

type event struct {
	done   chan struct{}
	labels map[string]any
}

type value struct{ a, b, c int }

type shapes struct {
	streams  []*stream
	events   []*event
	lists    map[int][]int
	hooks    map[int]func() int
	seen     map[string]int
	anys     []any
	texts    []string
	ptrs     []*int
	buffers  []*box.Buffer
	copies   [][]int
	names    []string
	ids      []int
	nodes    []any
	tables   []any
	options  [][]func(*box.Buffer)
	done     chan struct{}
	builders []*strings.Builder
	made     []any
	errs     []error
	bytes    [][]byte
	runes    [][]rune
	methods  []func() string
	arrays   []*[64]int
	matrix   [][]float64
}

// Build keeps every shape a few hundred times.
func Build(round int) any {
	s := &shapes{lists: map[int][]int{}, hooks: map[int]func() int{}, seen: map[string]int{}, done: make(chan struct{})}
	for i := 0; i < 300; i++ {
		s.literals(i)
		s.maps(round, i)
		s.boxes(i)
		s.inlined(i)
		s.generics(i)
		s.strings(i)
		s.runtimes(i)
	}
	return s
}

// A slice of constant length within a composite literal: three allocations, two or three records, one line.
func open() (*stream, error) {
	return &stream{make([]sample, 0, 20), nil}, nil
}

func (s *shapes) literals(i int) {
	st, _ := open()
	s.streams = append(s.streams, st)
	// Channel and map are the language's; only the struct has a record.
	s.events = append(s.events, &event{make(chan struct{}), map[string]any{}})
	s.events = append(s.events, &event{make(chan struct{}, 1), map[string]any{"i": i, "name": "n" + strconv.Itoa(i)}})
	s.arrays = append(s.arrays, new([64]int))
	s.matrix = append(s.matrix, []float64{float64(i), 2, 3})
}

// Maps that grow in place, with a record for something else on the line.
func (s *shapes) maps(round, i int) {
	s.lists[i%37] = append(s.lists[i%37], i)
	s.hooks[i] = func() int { return i * round }
	b := []byte{'k', byte('a' + i%26), byte('a' + i/26%26)}
	s.seen[string(b)] = i
	s.seen["x"+strconv.Itoa(i)]++
}

// Values in interfaces: expressions that look like constants and are not.
func (s *shapes) boxes(i int) {
	f := float64(i) + 300
	str := strconv.Itoa(i)
	s.anys = append(s.anys, 2.5*f, "prefix-"+str, i*1000, value{i, i, i}, str, []int{i})
	var a any = -f
	s.anys = append(s.anys, a)
	s.errs = append(s.errs, fmt.Errorf("shape %d: %w", i, errOf(i)))
}

type code int

func (c code) Error() string { return strconv.Itoa(int(c)) }

func errOf(i int) error { return code(i + 1000) }

func (s *shapes) copyOf() value { return value{len(s.anys), len(s.texts), len(s.ptrs)} }

// The result of an inlined call that is boxed: `~r0`.
func (s *shapes) boxed() any { return s.copyOf() }

// Inlined calls that allocate at the caller's line.
func (s *shapes) inlined(i int) {
	b := &box.Buffer{}
	b.Init(300)
	s.buffers = append(s.buffers, b)
	n := &box.Buffer{}
	n.Init(i)
	s.buffers = append(s.buffers, n)
	s.anys = append(s.anys, b.Copy(), s.boxed())
	s.texts = append(s.texts, string(b.Bytes()), b.Text())
	s.options = append(s.options, box.Options(box.Mark(i), box.Mark(i+1)))
	if i%50 == 0 {
		go box.Waiting(func() {}, s.done)()
	}
	// Two appends in one expression, and two of different lines inlined at one call.
	s.copies = append(s.copies, append([]int(nil), make([]int, i%9+1)...))
	s.both(i, "n"+strconv.Itoa(i))
}

func (s *shapes) both(i int, name string) {
	s.ids = append(s.ids, i)
	s.names = append(s.names, name)
}

// Generics of other packages: inlined and not, two instantiations on one line.
func (s *shapes) generics(i int) {
	s.ptrs = append(s.ptrs, box.Box(i))
	s.nodes = append(s.nodes, store.NewNode(i, any(i+500)))
	s.nodes = append(s.nodes, store.NewNode(&i, &i), store.NewNode(i, "v"))
	s.nodes = append(s.nodes, box.Pairs("k", i), box.Pairs(i, 1.5))
	if i%30 == 0 {
		t := store.New[int, string](func(a, b int) bool { return a < b }, 1, 2, 3)
		u := store.New[string, []byte](func(a, b string) bool { return a < b })
		for j := 0; j < 40; j++ {
			t.Put(j*i, strconv.Itoa(j))
			u.Put(strconv.Itoa(j), []byte(strconv.Itoa(i)))
		}
		s.tables = append(s.tables, t, u, t.Values(), u.Values())
		s.tables = append(s.tables, store.Group(t.Values(), func(v string) int { return len(v) }))
	}
}

// Concatenations, conversions, method values.
func (s *shapes) strings(i int) {
	t := strconv.Itoa(i)
	s.texts = append(s.texts, t+"/"+t, "a"+t+"b"+t+"c")
	s.bytes = append(s.bytes, []byte(t), []byte(t+"!"), append([]byte(nil), t...))
	s.runes = append(s.runes, []rune(t))
	c := code(i)
	s.methods = append(s.methods, c.Error)
	s.texts = append(s.texts, string([]rune(t)), strings.Join([]string{t, t}, ","), string(rune('α'+i%20)))
}

// What the runtime allocates on the library's behalf.
func (s *shapes) runtimes(i int) {
	b := &strings.Builder{}
	b.Grow(i%100 + 1)
	b.WriteString("x")
	s.builders = append(s.builders, b)
	s.made = append(s.made, reflect.New(reflect.TypeOf(value{})).Interface())
	s.made = append(s.made, reflect.MakeSlice(reflect.TypeOf([]int{}), 0, i%10+1).Interface())
	m := reflect.MakeMap(reflect.TypeOf(map[int]string{}))
	m.SetMapIndex(reflect.ValueOf(i), reflect.ValueOf("v"))
	s.made = append(s.made, m.Interface(), bytes.NewBufferString("n"+strconv.Itoa(i)))
}
