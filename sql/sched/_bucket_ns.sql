-- The shortest duration of a bucket of histograms, as `go tool trace` writes it; that of the last is beyond 64 bits, and as long as they tell.
CREATE FUNCTION sched._bucket_ns(
  -- As sched._bucket numbers it.
  of_bucket
) AS
coalesce(TRY_CAST(trunc(exp(of_bucket * ln(pow(10, 0.2)))) AS BIGINT), 9223372036854775807)
