-- A goroutine's or proc's state as Go's trace packages spell it: `NotExist` for `not exist`.
CREATE FUNCTION sched._state_name(
  -- As the tables have it.
  of_state
) AS
(CASE of_state WHEN 'not exist' THEN 'NotExist' ELSE upper(of_state[1]) || of_state[2:] END)
