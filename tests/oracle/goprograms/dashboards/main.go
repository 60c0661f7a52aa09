// Command dashboards reads dashboards as Grafana's own foundation SDK does, strictly: no field that there is not, none missing that
// is required, none of another type. Of each it prints how many panels it has, or what is wrong.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/grafanapyroscope"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	known := cog.NewRuntime()
	known.RegisterPanelcfgVariant(table.VariantConfig())
	known.RegisterPanelcfgVariant(timeseries.VariantConfig())
	pyroscope := grafanapyroscope.VariantConfig()
	// As dashboards call the plugin.
	pyroscope.Identifier = "grafana-pyroscope-datasource"
	known.RegisterDataqueryVariant(pyroscope)
	for _, name := range os.Args[1:] {
		fmt.Println(verdict(name))
	}
}

func verdict(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	board := dashboard.NewDashboard()
	// What is right is an error too, of no words.
	if err := board.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
		return err.Error()
	}
	if err := board.Validate(); err != nil && err.Error() != "" {
		return err.Error()
	}
	return fmt.Sprintf("%d panels", len(board.Panels))
}
