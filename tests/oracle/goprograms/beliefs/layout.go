package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"runtime"
	"strings"
	"unsafe"
)

const spanClasses = 136

// layout prints how the runtime's own structures are made, as this executable says of itself.
func layout() {
	types, _ := executable()
	for _, one := range []struct{ structure, field string }{
		{"mcache", "alloc"}, {"mcache", "local_noscan"},
		{"mcentral", "partial"}, {"mcentral", "full"}, {"mcentral", "lock"}, {"mcentral", "nonempty"},
		{"wbBuf", "buf"}, {"wbBuf", "next"},
		{"gcControllerState", "consMark"}, {"gcControllerState", "triggerRatio"},
		{"mspan", "state"}, {"mspan", "sweepgen"},
	} {
		made := "no such field"
		if found := field(types[one.structure], one.field); found != nil {
			made = found.Type.String()
		}
		fmt.Printf("%s.%s: %s\n", one.structure, one.field, made)
	}
}

// flush tells whether the spans that a P caches are the same when a stack has grown, and when a cycle has run: in any of five times, as
// the runtime allocates now and then as well.
func flush() {
	runtime.GOMAXPROCS(1)
	cached := cache()
	grown, collected := false, false
	for range 5 {
		done := make(chan [3][spanClasses]uintptr)
		go func() {
			kept = make([]byte, 64)
			var seen [3][spanClasses]uintptr
			seen[0] = *cached
			deep(10_000)
			seen[1] = *cached
			runtime.GC()
			seen[2] = *cached
			done <- seen
		}()
		seen := <-done
		grown = grown || seen[0] == seen[1]
		collected = collected || seen[1] == seen[2]
	}
	fmt.Println("the stack has grown: the same spans are cached:", grown)
	fmt.Println("a cycle has run: the same spans are cached:", collected)
}

// cache is where the first P has its spans.
func cache() *[spanClasses]uintptr {
	types, symbols := executable()
	for _, symbol := range symbols {
		if symbol.Name == "runtime.allp" {
			// Nothing else points there: the address is of a variable of the runtime's.
			all := *(**[]unsafe.Pointer)(unsafe.Pointer(&symbol.Value))
			mcache := *(*unsafe.Pointer)(unsafe.Add((*all)[0], field(types["p"], "mcache").ByteOffset))
			return (*[spanClasses]uintptr)(unsafe.Add(mcache, field(types["mcache"], "alloc").ByteOffset))
		}
	}
	panic("no runtime.allp")
}

// executable is what this program's own file says: the runtime's structures by name, and symbols.
func executable() (map[string]*dwarf.StructType, []elf.Symbol) {
	file, err := elf.Open("/proc/self/exe")
	must(err)
	data, err := file.DWARF()
	must(err)
	symbols, err := file.Symbols()
	must(err)
	return structures(data), symbols
}

func structures(data *dwarf.Data) map[string]*dwarf.StructType {
	found := map[string]*dwarf.StructType{}
	for reader := data.Reader(); ; {
		entry, err := reader.Next()
		must(err)
		if entry == nil {
			return found
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if name, is := strings.CutPrefix(name, "runtime."); is && entry.Tag == dwarf.TagStructType {
			made, err := data.Type(entry.Offset)
			must(err)
			found[name] = made.(*dwarf.StructType)
		}
		if entry.Tag == dwarf.TagSubprogram {
			reader.SkipChildren()
		}
	}
}

func field(of *dwarf.StructType, name string) *dwarf.StructField {
	for _, one := range of.Field {
		if one.Name == name {
			return one
		}
	}
	return nil
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
