// Memstats prints what encoding/json reads in JSON lines of MemStats or metrics: a line a value, its place first.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"runtime"
	"sort"
	"strconv"
	"time"
)

type histogram struct {
	Counts  []uint64   `json:"counts"`
	Buckets []*float64 `json:"buckets"`
}

type line struct {
	Time    time.Time                  `json:"time"`
	Stats   *runtime.MemStats          `json:"stats"`
	Vars    *runtime.MemStats          `json:"memstats"`
	Metrics map[string]json.RawMessage `json:"metrics"`
}

func main() {
	file, err := os.Open(os.Args[1])
	must(err)
	decoder := json.NewDecoder(bufio.NewReader(file))
	for place := 0; decoder.More(); place++ {
		var one line
		must(decoder.Decode(&one))
		fmt.Println(place, "time", one.Time.UnixMicro())
		if one.Stats == nil {
			one.Stats = one.Vars
		}
		if one.Stats != nil {
			printStats(place, one.Stats)
		}
		printMetrics(place, one.Metrics)
	}
}

func printStats(place int, stats *runtime.MemStats) {
	value := reflect.ValueOf(*stats)
	for i := range value.NumField() {
		switch field := value.Field(i); field.Kind() {
		case reflect.Uint64, reflect.Uint32:
			fmt.Println(place, "field", value.Type().Field(i).Name, field.Uint())
		case reflect.Float64:
			fmt.Println(place, "field", value.Type().Field(i).Name, strconv.FormatFloat(field.Float(), 'g', -1, 64))
		}
	}
	// As runtime/mstats.go says: the newest is at (NumGC+255)%256.
	for back := uint32(0); back < 256 && back < stats.NumGC; back++ {
		at := (stats.NumGC - back + 255) % 256
		fmt.Println(place, "pause", stats.NumGC-back, stats.PauseNs[at], stats.PauseEnd[at])
	}
	for _, class := range stats.BySize {
		fmt.Println(place, "class", class.Size, class.Mallocs, class.Frees)
	}
}

func printMetrics(place int, metrics map[string]json.RawMessage) {
	names := []string{}
	for name := range metrics {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		var one histogram
		if json.Unmarshal(metrics[name], &one) != nil {
			fmt.Println(place, "metric", name, string(metrics[name]))
			continue
		}
		for i, count := range one.Counts {
			fmt.Println(place, "bucket", name, i, bound(one.Buckets[i], -1), bound(one.Buckets[i+1], 1), count)
		}
	}
}

func bound(value *float64, sign int) string {
	if value == nil {
		return strconv.FormatFloat(math.Inf(sign), 'g', -1, 64)
	}
	return strconv.FormatFloat(*value, 'g', -1, 64)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
