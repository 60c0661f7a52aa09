package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"unicode/utf8"

	"github.com/google/pprof/profile"
)

type row = map[string]any

// dump writes one JSON line for the file's header, then one for each mapping, function, location
// and sample, in the file's order. Keys are sorted; every field of profile.proto is there; numbers
// are exact. A string that is not UTF-8 is written as {"hex": "..."}.
//
// A label's key is listed once with all its values: profile.Parse keeps no order between keys.
func dump(out *bufio.Writer, name string) {
	p, err := profile.ParseData(read(name))
	if err != nil {
		fail(name + ": " + err.Error())
	}
	write(out, header(name, p))
	for _, m := range p.Mapping {
		write(out, row{
			"row": "mapping", "id": m.ID, "start": m.Start, "limit": m.Limit, "offset": m.Offset,
			"file": text(m.File), "build_id": text(m.BuildID),
			"has_functions": m.HasFunctions, "has_filenames": m.HasFilenames,
			"has_line_numbers": m.HasLineNumbers, "has_inline_frames": m.HasInlineFrames,
		})
	}
	for _, f := range p.Function {
		write(out, row{
			"row": "function", "id": f.ID, "name": text(f.Name), "system_name": text(f.SystemName),
			"filename": text(f.Filename), "start_line": f.StartLine,
		})
	}
	for _, l := range p.Location {
		write(out, location(l))
	}
	for _, s := range p.Sample {
		write(out, sample(s))
	}
}

func header(name string, p *profile.Profile) row {
	types := []row{}
	for _, t := range p.SampleType {
		types = append(types, valueType(t))
	}
	comments := []any{}
	for _, c := range p.Comments {
		comments = append(comments, text(c))
	}
	return row{
		"row": "profile", "file": text(name), "sample_types": types,
		"default_sample_type": text(p.DefaultSampleType),
		"time_nanos":          p.TimeNanos, "duration_nanos": p.DurationNanos,
		"period": p.Period, "period_type": valueType(p.PeriodType),
		"drop_frames": text(p.DropFrames), "keep_frames": text(p.KeepFrames),
		"comments": comments, "doc_url": text(p.DocURL),
	}
}

func valueType(t *profile.ValueType) row {
	if t == nil {
		return nil
	}
	return row{"type": text(t.Type), "unit": text(t.Unit)}
}

func location(l *profile.Location) row {
	lines := []row{}
	for _, line := range l.Line {
		lines = append(lines, row{"function": line.Function.ID, "line": line.Line, "column": line.Column})
	}
	mapping := uint64(0)
	if l.Mapping != nil {
		mapping = l.Mapping.ID
	}
	return row{
		"row": "location", "id": l.ID, "mapping": mapping, "address": l.Address,
		"lines": lines, "is_folded": l.IsFolded,
	}
}

func sample(s *profile.Sample) row {
	locations := []uint64{}
	for _, l := range s.Location {
		locations = append(locations, l.ID)
	}
	labels, numbers := row{}, row{}
	for key, values := range s.Label {
		list := []any{}
		for _, value := range values {
			list = append(list, text(value))
		}
		labels[key] = list
	}
	for key, values := range s.NumLabel {
		units := []any{}
		for _, unit := range s.NumUnit[key] {
			units = append(units, text(unit))
		}
		numbers[key] = row{"values": values, "units": units}
	}
	return row{
		"row": "sample", "locations": locations, "values": s.Value,
		"labels": labels, "numbers": numbers,
	}
}

func text(s string) any {
	if utf8.ValidString(s) {
		return s
	}
	return row{"hex": hex.EncodeToString([]byte(s))}
}

func write(out *bufio.Writer, r row) {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		fail(err.Error())
	}
}
