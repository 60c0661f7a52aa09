// Writes each line of standard input as a message of one of the loggers that Go programs use.
package main

import (
	"bufio"
	"io"
	stdlog "log"
	"log/slog"
	"os"
	"time"

	charm "github.com/charmbracelet/log"
	"github.com/go-kit/log"
	"github.com/hashicorp/go-hclog"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/klog/v2"
)

// logger gives a function that writes one message.
func logger(kind string, w io.Writer) func(string) {
	switch kind {
	case "std":
		l := stdlog.New(w, "", stdlog.LstdFlags|stdlog.Lmicroseconds|stdlog.Lshortfile)
		return func(s string) { l.Print(s) }
	case "stdprefix":
		l := stdlog.New(w, "myapp: ", stdlog.LstdFlags|stdlog.LUTC|stdlog.Lmsgprefix)
		return func(s string) { l.Print(s) }
	case "slogjson":
		l := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{AddSource: true})).With("service", "shop").WithGroup("req").With("id", 7)
		return func(s string) { l.Info(s, "n", 12) }
	case "slogtext":
		l := slog.New(slog.NewTextHandler(w, nil)).With("service", "shop")
		return func(s string) { l.Info(s, "n", 12) }
	case "zapjson":
		c := zap.NewProductionEncoderConfig()
		l := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(c), zapcore.AddSync(w), zap.DebugLevel), zap.AddCaller(), zap.AddStacktrace(zap.ErrorLevel))
		return func(s string) { l.Info(s, zap.Int("n", 12)) }
	case "zapiso":
		c := zap.NewProductionEncoderConfig()
		c.EncodeTime = zapcore.ISO8601TimeEncoder
		l := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(c), zapcore.AddSync(w), zap.DebugLevel), zap.AddCaller())
		return func(s string) { l.Info(s, zap.Int("n", 12)) }
	case "zapconsole":
		c := zap.NewDevelopmentEncoderConfig()
		c.EncodeLevel = zapcore.CapitalColorLevelEncoder
		l := zap.New(zapcore.NewCore(zapcore.NewConsoleEncoder(c), zapcore.AddSync(w), zap.DebugLevel), zap.AddCaller()).Named("gc")
		return func(s string) { l.Info(s, zap.Int("n", 12)) }
	case "zerolog":
		l := zerolog.New(w).With().Timestamp().Str("service", "shop").Caller().Logger()
		return func(s string) { l.Info().Int("n", 12).Msg(s) }
	case "zeroconsole":
		l := zerolog.New(zerolog.ConsoleWriter{Out: w, TimeFormat: time.RFC3339}).With().Timestamp().Caller().Logger()
		return func(s string) { l.Info().Int("n", 12).Msg(s) }
	case "zeroconsolek":
		l := zerolog.New(zerolog.ConsoleWriter{Out: w}).With().Timestamp().Logger()
		return func(s string) { l.Info().Int("n", 12).Msg(s) }
	case "logrustext":
		l := logrus.New()
		l.SetOutput(w)
		return func(s string) { l.WithField("n", 12).Info(s) }
	case "logruscolor":
		l := logrus.New()
		l.SetOutput(w)
		l.SetFormatter(&logrus.TextFormatter{ForceColors: true, FullTimestamp: true})
		return func(s string) { l.WithField("n", 12).Info(s) }
	case "logruscolor0":
		l := logrus.New()
		l.SetOutput(w)
		l.SetFormatter(&logrus.TextFormatter{ForceColors: true})
		return func(s string) { l.WithField("n", 12).Info(s) }
	case "logrusjson":
		l := logrus.New()
		l.SetOutput(w)
		l.SetFormatter(&logrus.JSONFormatter{})
		return func(s string) { l.WithField("n", 12).Info(s) }
	case "klog":
		klog.SetOutput(w)
		klog.LogToStderr(false)
		return func(s string) { klog.Info(s) }
	case "klogs":
		klog.SetOutput(w)
		klog.LogToStderr(false)
		return func(s string) { klog.InfoS(s, "pod", "a/b") }
	case "hclog":
		l := hclog.New(&hclog.LoggerOptions{Name: "plugin.shop", Output: w, Level: hclog.Debug})
		return func(s string) { l.Debug(s, "n", 12) }
	case "hclogjson":
		l := hclog.New(&hclog.LoggerOptions{Name: "plugin.shop", Output: w, JSONFormat: true})
		return func(s string) { l.Info(s, "n", 12) }
	case "gokit":
		l := log.With(log.NewLogfmtLogger(log.NewSyncWriter(w)), "ts", log.DefaultTimestampUTC, "caller", log.DefaultCaller)
		return func(s string) { l.Log("level", "info", "msg", s, "n", 12) }
	case "gokitjson":
		l := log.With(log.NewJSONLogger(log.NewSyncWriter(w)), "ts", log.DefaultTimestampUTC, "caller", log.DefaultCaller)
		return func(s string) { l.Log("level", "info", "msg", s, "n", 12) }
	case "charm":
		l := charm.NewWithOptions(w, charm.Options{ReportTimestamp: true, Prefix: "shop"})
		return func(s string) { l.Info(s, "n", 12) }
	}
	panic(kind)
}

func main() {
	write := logger(os.Args[1], os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		write(lines.Text())
	}
}
