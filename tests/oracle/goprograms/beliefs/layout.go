package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"strings"
)

// layout prints how the runtime's own structures are made, as this executable says of itself.
func layout() {
	file, err := elf.Open("/proc/self/exe")
	must(err)
	data, err := file.DWARF()
	must(err)
	types := structures(data)
	for _, one := range []struct{ structure, field string }{
		{"runtime.mcache", "alloc"}, {"runtime.mcache", "local_noscan"},
		{"runtime.mcentral", "partial"}, {"runtime.mcentral", "full"}, {"runtime.mcentral", "lock"}, {"runtime.mcentral", "nonempty"},
		{"runtime.wbBuf", "buf"}, {"runtime.wbBuf", "next"},
		{"runtime.gcControllerState", "consMark"}, {"runtime.gcControllerState", "triggerRatio"},
		{"runtime.mspan", "state"}, {"runtime.mspan", "sweepgen"},
	} {
		fmt.Printf("%s.%s: %s\n", one.structure, one.field, field(types[one.structure], one.field))
	}
	symbols, err := file.Symbols()
	must(err)
	for _, name := range []string{"runtime.runFinQ", "runtime.drainMCache", "runtime.advanceState", "runtime.hybridWB", "runtime.bgsweep", "runtime.gcStart"} {
		fmt.Printf("%s: %t\n", name, contains(symbols, name))
	}
}

// structures are those that are asked for, by their names.
func structures(data *dwarf.Data) map[string]*dwarf.StructType {
	found := map[string]*dwarf.StructType{}
	for reader := data.Reader(); ; {
		entry, err := reader.Next()
		must(err)
		if entry == nil {
			return found
		}
		name, _ := entry.Val(dwarf.AttrName).(string)
		if entry.Tag == dwarf.TagStructType && strings.HasPrefix(name, "runtime.") {
			made, err := data.Type(entry.Offset)
			must(err)
			found[name] = made.(*dwarf.StructType)
		}
		if entry.Tag == dwarf.TagSubprogram {
			reader.SkipChildren()
		}
	}
}

func field(of *dwarf.StructType, name string) string {
	for _, one := range of.Field {
		if one.Name == name {
			return one.Type.String()
		}
	}
	return "no such field"
}

func contains(symbols []elf.Symbol, name string) bool {
	for _, symbol := range symbols {
		if symbol.Name == name {
			return true
		}
	}
	return false
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
