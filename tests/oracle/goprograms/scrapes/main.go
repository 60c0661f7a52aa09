// Writes what client_golang exposes of a process, in each of its text formats.
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("/.*")})))
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewBuildInfoCollector())
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "go_shop_latency_seconds", Help: "a", NativeHistogramBucketFactor: 1.1, Buckets: prometheus.DefBuckets}, []string{"path"})
	nh := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "go_gc_mine_seconds", Help: "only native", NativeHistogramBucketFactor: 1.1})
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "process_things_total", Help: "c"}, []string{"k"})
	r.MustRegister(h, nh, c)
	for i := 0; i < 100; i++ {
		h.WithLabelValues(`/a"b\n{x}`).(prometheus.ExemplarObserver).ObserveWithExemplar(float64(i)/50, prometheus.Labels{"trace_id": fmt.Sprint(i)})
		nh.Observe(float64(i) / 50)
		c.WithLabelValues("x").(prometheus.ExemplarAdder).AddWithExemplar(1, prometheus.Labels{"trace_id": "abc"})
		_ = make([]byte, 1<<20)
	}
	runtime.GC()
	for name, accept := range map[string]string{"text": "text/plain;version=0.0.4", "om": "application/openmetrics-text;version=1.0.0", "utf8": "text/plain;version=1.0.0;escaping=allow-utf-8"} {
		srv := httptest.NewServer(promhttp.HandlerFor(r, promhttp.HandlerOpts{EnableOpenMetrics: true, EnableOpenMetricsTextCreatedSamples: true}))
		q, _ := http.NewRequest("GET", srv.URL, nil)
		q.Header.Set("Accept", accept)
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			panic(err)
		}
		b, _ := io.ReadAll(a.Body)
		os.WriteFile(os.Args[1]+"/"+name+".prom", b, 0o644)
		srv.Close()
	}
}
