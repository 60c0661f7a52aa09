package work

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func metrics(round int) (any, error) {
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_total", Help: "Requests."}, []string{"path", "code"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "seconds", Help: "Seconds.", Buckets: prometheus.DefBuckets}, []string{"path"})
	sizes := prometheus.NewSummaryVec(prometheus.SummaryOpts{Name: "sizes", Help: "Sizes.", Objectives: map[float64]float64{0.5: 0.05}}, []string{"path"})
	depth := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "depth", Help: "Depth."}, func() float64 { return float64(round) })
	registry.MustRegister(requests, seconds, sizes, depth)
	for i := 0; i < 60; i++ {
		path := fmt.Sprintf("/p%d", i)
		requests.WithLabelValues(path, fmt.Sprint(200+i%5)).Inc()
		requests.With(prometheus.Labels{"path": path, "code": "500"}).Add(2)
		seconds.WithLabelValues(path).Observe(float64(i) / 10)
		sizes.WithLabelValues(path).Observe(float64(i))
	}
	families, err := registry.Gather()
	return []any{registry, families}, err
}

func traces(round int) (any, error) {
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	tracer := provider.Tracer("corpus")
	for i := 0; i < 100; i++ {
		ctx, parent := tracer.Start(context.Background(), fmt.Sprintf("parent %d", i), trace.WithAttributes(attribute.Int("i", i)))
		_, child := tracer.Start(ctx, "child", trace.WithSpanKind(trace.SpanKindClient))
		child.AddEvent("event", trace.WithAttributes(attribute.String("s", "v"), attribute.StringSlice("l", []string{"a", "b"})))
		child.RecordError(fmt.Errorf("error %d", i))
		child.End()
		parent.SetAttributes(attribute.Float64("f", 1.5), attribute.Bool("b", true))
		parent.End()
	}
	reader := sdkmetric.NewManualReader()
	meter := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Meter("corpus")
	counter, err := meter.Int64Counter("count")
	if err != nil {
		return nil, err
	}
	histogram, err := meter.Float64Histogram("sizes")
	if err != nil {
		return nil, err
	}
	for i := 0; i < 100; i++ {
		set := metric.WithAttributes(attribute.Int("i", i), attribute.Int("round", round))
		counter.Add(context.Background(), 1, set)
		histogram.Record(context.Background(), float64(i), set)
	}
	data := &metricdata.ResourceMetrics{}
	err = reader.Collect(context.Background(), data)
	return []any{exporter, provider, reader, data}, err
}

func logs(round int) (any, error) {
	var out bytes.Buffer
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.DebugLevel)
	logger := zap.New(core, zap.AddCaller(), zap.Fields(zap.Int("round", round)))
	var children []any
	for i := 0; i < 80; i++ {
		child := logger.With(zap.Int("i", i), zap.String("s", fmt.Sprint(i)), zap.Any("m", map[string]int{"a": i})).Named(fmt.Sprint("n", i))
		child.Info("hello", zap.Duration("d", time.Second), zap.Error(fmt.Errorf("e%d", i)), zap.Strings("l", []string{"x"}))
		child.Sugar().Infow("sugar", "k", i, "f", 2.5*float64(i))
		children = append(children, child, child.Sugar())
	}
	return []any{children, &out}, nil
}
