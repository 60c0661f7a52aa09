// Package box has small generics that are inlined where they are called.
package box

// Box moves its argument to the heap: at an inlined call the report says `moved to heap: v`, with no inline mark.
func Box[T any](v T) *T { return &v }

// Pair is two of a kind.
type Pair[A, B any] struct {
	Left  A
	Right B
}

// Pairs is inlined; its slice and its pairs are allocated at the caller's line.
func Pairs[A, B any](a A, b B) []*Pair[A, B] {
	return []*Pair[A, B]{{a, b}, {a, b}}
}

// Buffer is a non-generic type with an initialiser that is inlined.
type Buffer struct {
	data []byte
	mark int
}

// Init makes a buffer of the size asked for: `make([]byte, 3000)` at a call with a constant, `make([]byte, size)` here.
func (b *Buffer) Init(size int) {
	b.data = make([]byte, size)
}

// Copy returns a copy by value, which is boxed as `~r0` where the caller converts it.
func (b Buffer) Copy() Buffer { return Buffer{data: append([]byte(nil), b.data...), mark: b.mark + 1} }

// Text is inlined and converts.
func (b *Buffer) Text() string { return string(b.data) }

// Bytes is inlined; `string(Bytes())` has its conversion at the caller.
func (b *Buffer) Bytes() []byte { return b.data }

// Options is variadic: its argument slice escapes at each call.
func Options(opts ...func(*Buffer)) []func(*Buffer) { return opts }

// Mark is an option: a closure made at an inlined call.
func Mark(n int) func(*Buffer) { return func(b *Buffer) { b.mark += n } }

// Waiting is a closure made at an inlined call, for a goroutine.
func Waiting(work func(), done chan struct{}) func() {
	return func() {
		work()
		<-done
	}
}
