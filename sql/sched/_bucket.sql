-- The bucket of a duration in histograms: five for every power of ten, as in those of `go tool trace`.
--
-- As internal/trace/traceviewer, histogram.go, of Go 1.27 has it; what takes no time is in the first.
CREATE FUNCTION sched._bucket(
  -- Nanoseconds.
  took_ns
) AS
(CASE WHEN took_ns > 0 THEN trunc(ln(took_ns::DOUBLE) / ln(pow(10, 0.2)))::INTEGER ELSE 0 END)
