package work

import (
	"fmt"
	"strconv"

	"github.com/RoaringBitmap/roaring"
	"github.com/RoaringBitmap/roaring/roaring64"
	gbtree "github.com/google/btree"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/samber/lo"
	"github.com/tidwall/btree"
)

func trees(round int) (any, error) {
	m := btree.NewMap[string, int](8)
	g := btree.NewBTreeG(func(a, b person) bool { return a.ID < b.ID })
	h := gbtree.NewG(4, func(a, b int) bool { return a < b })
	o := gbtree.New(4)
	for i := 0; i < 2000; i++ {
		m.Set(strconv.Itoa(i), i)
		g.Set(person{ID: strconv.Itoa(i * round)})
		h.ReplaceOrInsert(i)
		o.ReplaceOrInsert(gbtree.Int(i))
	}
	return []any{m, m.Copy(), g, h, h.Clone(), o}, nil
}

func caches(round int) (any, error) {
	c, err := lru.New[string, []byte](500)
	if err != nil {
		return nil, err
	}
	q, err := lru.New2Q[int, *person](300)
	if err != nil {
		return nil, err
	}
	e := expirable.NewLRU[string, int](200, nil, 0)
	for i := 0; i < 1000; i++ {
		c.Add(strconv.Itoa(i), []byte(strconv.Itoa(i*round)))
		q.Add(i%400, &person{ID: strconv.Itoa(i)})
		e.Add("k"+strconv.Itoa(i), i)
	}
	return []any{c, q, e, c.Keys(), q.Values()}, nil
}

func bitmaps(round int) (any, error) {
	var all []*roaring.Bitmap
	for i := 0; i < 20; i++ {
		b := roaring.New()
		for j := 0; j < 2000; j++ {
			b.Add(uint32(j * (i + 1) * 37))
		}
		b.AddRange(uint64(i*70000), uint64(i*70000+5000))
		b.RunOptimize()
		all = append(all, b, b.Clone())
	}
	big := roaring64.New()
	for i := uint64(0); i < 1000; i++ {
		big.Add(i << 20 * uint64(round))
	}
	text, err := all[0].ToBytes()
	return []any{all, roaring.FastOr(all...), roaring.ParAnd(2, all[0], all[2]), roaring.FlipInt(all[3], 10, 9000), big, text}, err
}

// lists goes through generics of another package, most of them inlined or instantiated here.
func lists(round int) (any, error) {
	numbers := lo.RangeFrom(round, 400)
	words := lo.Map(numbers, func(n, _ int) string { return "w" + strconv.Itoa(n) })
	even := lo.Filter(numbers, func(n, _ int) bool { return n%2 == 0 })
	groups := lo.GroupBy(words, func(w string) int { return len(w) })
	table := lo.Associate(words, func(w string) (string, person) { return w, person{ID: w} })
	ptrs := lo.ToSlicePtr(words)
	boxes := lo.Map(numbers, func(n, _ int) *int { return lo.ToPtr(n) })
	anys := lo.ToAnySlice(numbers)
	pairs := lo.Zip2(words, numbers)
	return []any{
		even, groups, table, ptrs, boxes, anys, pairs, lo.Chunk(numbers, 7), lo.Uniq(append(words, words...)), lo.Keys(table),
		lo.Values(table), lo.Entries(table), lo.KeyBy(words, func(w string) string { return w + w }), lo.Shuffle(numbers),
		lo.Flatten([][]string{words, words}), lo.PartitionBy(numbers, func(n int) string { return fmt.Sprint(n % 3) }),
		lo.Repeat(20, cloneable(round)), lo.FlatMap(numbers, func(n, _ int) []int { return []int{n, n} }), lo.Invert(map[string]int{"a": 1}),
		lo.MapValues(table, func(p person, _ string) *person { return &p }), lo.Times(50, func(i int) error { return fmt.Errorf("e%d", i) }),
	}, nil
}

type cloneable int

func (c cloneable) Clone() cloneable { return c + 1 }
