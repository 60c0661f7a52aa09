-- A value by the second: `rate(value, duration_ns)`; NULL when no time passed.
CREATE FUNCTION main.rate(
  -- Any number.
  amount,
  -- Nanoseconds.
  within_ns
) AS
(amount / nullif(within_ns, 0) * 1e9)
