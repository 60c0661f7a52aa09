-- The shortest duration of a bucket of histograms, as `go tool trace` writes it.
CREATE FUNCTION sched._bucket_ns(
  -- As sched._bucket numbers it.
  of_bucket
) AS
(trunc(exp(of_bucket * ln(pow(10, 0.2))))::BIGINT)
