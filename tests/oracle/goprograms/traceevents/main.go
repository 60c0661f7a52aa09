// Traceevents says what Go's own packages make of execution traces, one JSON object a line:
//
//	traceevents specs            the table of wire events
//	traceevents validate FILE    what the validator of Go's tests finds wrong; nothing when all is well
//	traceevents mmu FILE         minimum mutator utilisation by window, as `go tool trace` shows it at first
//	traceevents mmubyrun FILE    the same, with a worker of the GC a new goroutine at each of its runs
//	traceevents goroutines FILE  the summary of each goroutine with its regions, by number
//
// A trace that breaks off counts up to its fault, which one line says as {"error": ...}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"internal/trace"
	"internal/trace/testtrace"
	"internal/trace/tracev2"
	"internal/trace/version"
	"io"
	"maps"
	"os"
	"slices"
	"time"
)

type object = map[string]any

var windows = []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second}

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	if len(os.Args) == 2 && os.Args[1] == "specs" {
		specs(out)
		return
	}
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: traceevents specs | {validate|mmu|mmubyrun|goroutines} FILE"))
	}
	switch os.Args[1] {
	case "validate":
		validate(out, os.Args[2])
	case "mmu":
		mmu(out, os.Args[2], func(event trace.Event) trace.Event { return event })
	case "mmubyrun":
		mmu(out, os.Args[2], byRun(workers(os.Args[2])))
	case "goroutines":
		goroutines(out, os.Args[2])
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

// specs writes the newest table, and in which versions' tables each event stands.
func specs(out *bufio.Writer) {
	for number, spec := range tracev2.Specs() {
		if spec.Name == "" {
			continue
		}
		versions := []int{}
		for _, v := range []version.Version{version.Go122, version.Go123, version.Go125, version.Go126} {
			if number < len(v.Specs()) {
				versions = append(versions, int(v))
			}
		}
		experiment := ""
		if spec.Experiment != tracev2.NoExperiment {
			experiment = tracev2.Experiments()[spec.Experiment]
		}
		write(out, object{
			"number": number, "name": spec.Name, "arguments": list(spec.Args), "timed": spec.IsTimedEvent,
			"strings": list(spec.StringIDs), "stacks": list(spec.StackIDs),
			"has_data": spec.HasData, "has_frames": spec.IsStack, "experiment": experiment, "versions": versions,
		})
	}
}

// validate checks the ordered events as Go's tests of the runtime's tracer do.
func validate(out *bufio.Writer, name string) {
	validator := testtrace.NewValidator()
	file, err := os.Open(name)
	if err != nil {
		fail(err)
	}
	defer file.Close()
	if validator.GoVersion, err = version.ReadHeader(file); err != nil {
		fail(err)
	}
	each(out, name, func(event trace.Event) {
		if err := validator.Event(event); err != nil {
			write(out, object{"time": int64(event.Time()), "wrong": err.Error()})
		}
	})
}

// mmu takes what `go tool trace` has ticked when its page opens: the whole system; STW, background workers, mark assist.
func mmu(out *bufio.Writer, name string, as func(trace.Event) trace.Event) {
	events := []trace.Event{}
	each(out, name, func(event trace.Event) { events = append(events, as(event)) })
	utils := trace.MutatorUtilizationV2(events, trace.UtilSTW|trace.UtilBackground|trace.UtilAssist)
	curve := trace.NewMMUCurve(utils)
	for _, window := range windows {
		write(out, object{"window_ns": window.Nanoseconds(), "utilisation": curve.MMU(window)})
	}
}

// workers are the goroutines that ever have a label.
func workers(name string) map[trace.GoID]bool {
	found := map[trace.GoID]bool{}
	each(bufio.NewWriter(io.Discard), name, func(event trace.Event) {
		if event.Kind() == trace.EventLabel {
			found[event.Goroutine()] = true
		}
	})
	return found
}

// byRun gives a worker another number whenever it starts. Utilisation counts a label once more for each time that the
// goroutine had one before, and an idle run as that of the label before; a goroutine with one run has neither.
func byRun(workers map[trace.GoID]bool) func(trace.Event) trace.Event {
	numbers, next := map[trace.GoID]trace.GoID{}, trace.GoID(1<<40)
	return func(event trace.Event) trace.Event {
		switch event.Kind() {
		case trace.EventLabel:
			if id, ok := numbers[event.Goroutine()]; ok {
				return remade(event, trace.Label{Label: event.Label().Label, Resource: trace.MakeResourceID(id)})
			}
		case trace.EventStateTransition:
			transition := event.StateTransition()
			if transition.Resource.Kind != trace.ResourceGoroutine || !workers[transition.Resource.Goroutine()] {
				return event
			}
			id := transition.Resource.Goroutine()
			from, to := transition.Goroutine()
			if !from.Executing() && to.Executing() {
				numbers[id], next = next, next+1
			}
			if number, ok := numbers[id]; ok && from.Executing() != to.Executing() {
				return remade(event, trace.MakeGoStateTransition(number, from, to))
			}
		}
		return event
	}
}

func remade[T trace.EventDetails](event trace.Event, details T) trace.Event {
	made, err := trace.MakeEvent(trace.EventConfig[T]{
		Time: event.Time(), Kind: event.Kind(), Details: details,
		Goroutine: event.Goroutine(), Proc: event.Proc(), Thread: event.Thread(),
	})
	if err != nil {
		fail(err)
	}
	return made
}

// goroutines writes times in nanoseconds; an end of 0 is not in the trace.
func goroutines(out *bufio.Writer, name string) {
	summarizer := trace.NewSummarizer()
	each(out, name, func(event trace.Event) { summarizer.Event(&event) })
	summary := summarizer.Finalize()
	for _, id := range slices.Sorted(maps.Keys(summary.Goroutines)) {
		g := summary.Goroutines[id]
		regions := []object{}
		for _, region := range g.Regions {
			regions = append(regions, regionOf(region))
		}
		row := stats(g.GoroutineExecStats)
		row["goroutine"], row["name"], row["regions"] = int64(id), g.Name, regions
		row["created"], row["started"], row["ended"] = int64(g.CreationTime), int64(g.StartTime), int64(g.EndTime)
		write(out, row)
	}
}

func regionOf(region *trace.UserRegionSummary) object {
	row := stats(region.GoroutineExecStats)
	row["name"], row["task"] = region.Name, region.TaskID
	row["begin"], row["end"] = timeOf(region.Start), timeOf(region.End)
	return row
}

func timeOf(event *trace.Event) any {
	if event == nil {
		return nil
	}
	return int64(event.Time())
}

func stats(s trace.GoroutineExecStats) object {
	return object{
		"running_ns": s.ExecTime, "runnable_ns": s.SchedWaitTime, "syscall_ns": s.SyscallTime,
		"syscall_blocked_ns": s.SyscallBlockTime, "total_ns": s.TotalTime, "unknown_ns": s.UnknownTime(),
		"waiting_ns": s.BlockTimeByReason, "range_ns": s.RangeTime,
	}
}

// each calls take for every event in order, and writes the fault that the trace breaks off with.
func each(out *bufio.Writer, name string, take func(trace.Event)) {
	file, err := os.Open(name)
	if err != nil {
		fail(err)
	}
	defer file.Close()
	reader, err := trace.NewReader(bufio.NewReader(file))
	for err == nil {
		var event trace.Event
		if event, err = reader.ReadEvent(); err == nil {
			take(event)
		}
	}
	if err != io.EOF {
		write(out, object{"error": err.Error()})
	}
}

// list is never null in JSON.
func list[T any](values []T) []T {
	return append([]T{}, values...)
}

func write(out *bufio.Writer, row object) {
	if err := json.NewEncoder(out).Encode(row); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "traceevents:", err)
	os.Exit(1)
}
