// Package store keeps what weighs allocates.
package store

type Entry struct {
	next *Entry
	rest [100]byte
}

type Store struct {
	Last *Entry
	Seen map[int][]byte
	Raw  [][]byte
}

// Fresh is inlined, so that the allocation is where it is called.
func Fresh() *Entry { return &Entry{} }

//go:noinline
func (s *Store) Put() {
	e := &Entry{}
	e.next = s.Last
	s.Last = e
}

//go:noinline
func (s *Store) Fill(n int) {
	b := make([]byte, n)
	s.Raw = append(s.Raw, b)
}

//go:noinline
func (s *Store) See(n int, seen []byte) {
	s.Seen[n] = seen
}
