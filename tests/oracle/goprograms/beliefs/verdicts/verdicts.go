// Package verdicts has what the compiler reports on.
package verdicts

type Point struct {
	X, Y int
	next *Point
}

//go:noinline
func Same(p *Point) *Point { return p }

func make1() *Point { return &Point{X: 1} }

//go:noinline
func Length() int { return make1().X }

var kept *Point

//go:noinline
func Keep() { kept = &Point{X: 2} }

// much is too much to be inlined, unless a profile says that it is hot.
func much() *Point {
	p := &Point{X: 3}
	for n := range 10 {
		p.X += n * p.Y
		p.Y ^= p.X<<3 + n
		p.X -= p.Y>>2 ^ n
		p.Y += p.X*n + p.X/3
		p.X ^= p.Y<<1 - n
		p.Y -= p.X%7 + n
		p.X += n * p.Y
		p.Y ^= p.X<<3 + n
		p.X -= p.Y>>2 ^ n
		p.Y += p.X*n + p.X/3
		p.X ^= p.Y<<1 - n
		p.Y -= p.X%7 + n
	}
	return p
}

//go:noinline
func Hot() int { return much().X }
