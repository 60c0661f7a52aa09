// Package work uses each module in the way services do, and returns what a service would keep of it.
package work

// Work is one module's share of a round.
type Work struct {
	Name string
	Do   func(round int) (any, error)
}

// All is every share, in the order of a round.
var All = []Work{
	{"bleve", search}, {"bbolt", buckets}, {"badger", badgerDB}, {"btree", trees}, {"cel", policies}, {"chi", routes},
	{"echo", echoServer}, {"excelize", sheets}, {"expr", rules}, {"goja", scripts}, {"goldmark", documents},
	{"gopacket", packets}, {"goquery", pages}, {"graphql", graph}, {"grpc", remote}, {"hcl", configs}, {"lo", lists},
	{"lru", caches}, {"lua", lua}, {"memdb", memory}, {"msgpack", messages}, {"otel", traces}, {"participle", grammar},
	{"prometheus", metrics}, {"protobuf", descriptors}, {"redis", redisServer}, {"roaring", bitmaps}, {"std", standard},
	{"wazero", wasm}, {"yaml", yamls}, {"zap", logs},
}
