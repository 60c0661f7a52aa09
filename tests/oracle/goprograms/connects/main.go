// connects makes every call that Grafana's Pyroscope data source and its relatives make, with the generated client that they
// use, and prints what came back: a line of JSON for each call.
//
//	connects URL json|proto LEFT_START LEFT_END START END TYPE SELECTOR PPROF_FILE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"

	"connectrpc.com/connect"
	profilev1 "github.com/grafana/pyroscope/api/gen/proto/go/google/v1"
	querierv1 "github.com/grafana/pyroscope/api/gen/proto/go/querier/v1"
	"github.com/grafana/pyroscope/api/gen/proto/go/querier/v1/querierv1connect"
	typesv1 "github.com/grafana/pyroscope/api/gen/proto/go/types/v1"
	"google.golang.org/protobuf/proto"
)

func tell[T any](call string, answer *connect.Response[T], err error) *T {
	said := map[string]any{"call": call}
	if err != nil {
		said["code"], said["error"] = connect.CodeOf(err).String(), err.Error()
	} else {
		said["answer"] = answer.Msg
	}
	line, wrong := json.Marshal(said)
	if wrong != nil {
		panic(wrong)
	}
	fmt.Println(string(line))
	if err != nil {
		return nil
	}
	return answer.Msg
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	url, codec, kind, selector, file := os.Args[1], os.Args[2], os.Args[7], os.Args[8], os.Args[9]
	start, end := number(os.Args[5]), number(os.Args[6])
	options := []connect.ClientOption{connect.WithSendGzip()}
	if codec == "json" {
		options = []connect.ClientOption{connect.WithProtoJSON()}
	}
	client, ctx := querierv1connect.NewQuerierServiceClient(http.DefaultClient, url, options...), context.Background()
	{
		answer, err := client.ProfileTypes(ctx, connect.NewRequest(&querierv1.ProfileTypesRequest{Start: 1000, End: 4000}))
		tell("ProfileTypes", answer, err)
	}
	{
		answer, err := client.LabelNames(ctx, connect.NewRequest(&typesv1.LabelNamesRequest{
			Matchers: []string{fmt.Sprintf("{__profile_type__=%q,}", kind)}, Start: start, End: end}))
		tell("LabelNames", answer, err)
	}
	{
		answer, err := client.LabelValues(ctx, connect.NewRequest(&typesv1.LabelValuesRequest{
			Name: "service_name", Matchers: []string{kind + "{}"}, Start: start, End: end}))
		tell("LabelValues", answer, err)
	}
	{
		answer, err := client.Series(ctx, connect.NewRequest(&querierv1.SeriesRequest{
			Matchers: []string{}, LabelNames: []string{"service_name", "__profile_type__"}, Start: start, End: end}))
		tell("Series", answer, err)
	}
	{
		answer, err := client.SelectSeries(ctx, connect.NewRequest(&querierv1.SelectSeriesRequest{
			ProfileTypeID: kind, LabelSelector: selector, Start: start, End: end, GroupBy: []string{"service_name"}, Step: 15}))
		tell("SelectSeries", answer, err)
	}
	stacks := func(start, end int64, selector string, format querierv1.ProfileFormat) *querierv1.SelectMergeStacktracesRequest {
		return &querierv1.SelectMergeStacktracesRequest{
			ProfileTypeID: kind, LabelSelector: selector, Start: start, End: end, Format: format}
	}
	for name, request := range map[string]*querierv1.SelectMergeStacktracesRequest{
		"SelectMergeStacktraces": stacks(start, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED),
		"tree":                   stacks(start, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_TREE),
		"pprof":                  stacks(start, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_PPROF),
		"nothing there":          stacks(1000, 4000, selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED),
		"wrong range":            stacks(end+1, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED),
		"wrong selector":         stacks(start, end, `{a=~"("}`, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED),
	} {
		answer, err := client.SelectMergeStacktraces(ctx, connect.NewRequest(request))
		tell(name, answer, err)
	}
	for name, other := range map[string]string{"wrong type": "memory:nothing", "unknown type": "memory:nothing:bytes:space:bytes"} {
		request := stacks(start, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED)
		request.ProfileTypeID = other
		answer, err := client.SelectMergeStacktraces(ctx, connect.NewRequest(request))
		tell(name, answer, err)
	}
	{
		answer, err := client.SelectMergeSpanProfile(ctx, connect.NewRequest(&querierv1.SelectMergeSpanProfileRequest{
			ProfileTypeID: kind, LabelSelector: selector, Start: start, End: end, SpanSelector: []string{"00000000000000ab"}}))
		tell("SelectMergeSpanProfile", answer, err)
	}
	{
		answer, err := client.Diff(ctx, connect.NewRequest(&querierv1.DiffRequest{
			Left:  stacks(number(os.Args[3]), number(os.Args[4]), selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED),
			Right: stacks(start, end, selector, querierv1.ProfileFormat_PROFILE_FORMAT_UNSPECIFIED)}))
		tell("Diff", answer, err)
	}
	{
		answer, err := client.GetProfileStats(ctx, connect.NewRequest(&typesv1.GetProfileStatsRequest{}))
		tell("GetProfileStats", answer, err)
	}
	{
		answer, err := client.SelectHeatmap(ctx, connect.NewRequest(&querierv1.SelectHeatmapRequest{}))
		tell("SelectHeatmap", answer, err)
	}
	{
		answer, err := client.SelectMergeProfile(ctx, connect.NewRequest(&querierv1.SelectMergeProfileRequest{
			ProfileTypeID: kind, LabelSelector: selector, Start: start, End: end}))
		if err != nil {
			tell("SelectMergeProfile", answer, err)
			return
		}
		content, err := proto.Marshal((*profilev1.Profile)(answer.Msg))
		if err != nil {
			panic(err)
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			panic(err)
		}
	}
}
