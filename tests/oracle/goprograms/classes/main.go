// Allocates so many objects of each given size on one line, and writes a heap profile of every object and MemStats.
package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
)

var kept []byte

func main() {
	runtime.MemProfileRate = 1
	folder := os.Args[1]
	count, _ := strconv.Atoi(os.Args[2])
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, argument := range os.Args[3:] {
		size, err := strconv.Atoi(argument)
		if err != nil {
			panic(err)
		}
		for range count {
			kept = make([]byte, size)
		}
	}
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.GC()
	out, err := os.Create(folder + "/heap.pb.gz")
	if err != nil {
		panic(err)
	}
	defer out.Close()
	if err := pprof.Lookup("heap").WriteTo(out, 0); err != nil {
		panic(err)
	}
	for at, moment := range []runtime.MemStats{before, after} {
		text, err := json.Marshal(moment)
		if err != nil {
			panic(err)
		}
		if err := os.WriteFile(folder+"/memstats-"+strconv.Itoa(at)+".json", text, 0o644); err != nil {
			panic(err)
		}
	}
}
