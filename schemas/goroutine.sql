-- One row per goroutine of a dump: what `?debug=2`, a panic or SIGQUIT print of it.
--
-- The dumps of a file are one profile of kind `goroutine` too, whose samples are equal stacks with equal state and labels.
--
-- key: source_id, position
CREATE TABLE goroutine_dump (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Its place among all goroutines of the file, from 0.
  position INTEGER NOT NULL,
  -- Which dump of the file, from 0: one ends where other lines follow, or a goroutine comes again.
  dump INTEGER NOT NULL,
  -- The goroutine's number in its process.
  goroutine BIGINT NOT NULL,
  -- What it waited for, or whether it ran: `chan receive`, `IO wait`, `running`, in the runtime's words.
  state VARCHAR NOT NULL,
  -- How long it had waited or been in a system call, in whole minutes since the first GC cycle that found it so: less than it was, and
  -- nothing where no cycle ran. NULL below one, and where it is not told.
  wait_ns BIGINT,
  -- It was locked to its thread.
  is_locked_to_thread BOOLEAN NOT NULL,
  -- The collector found that nothing can wake it (Go 1.26 and later).
  is_leaked BOOLEAN NOT NULL,
  -- Number of the bubble of testing/synctest that it was in; NULL for none.
  synctest_bubble BIGINT,
  -- Its pprof labels (Go 1.26 and later, where GODEBUG=tracebacklabels=1 or the go line of go.mod asks for them).
  labels MAP(VARCHAR, VARCHAR) NOT NULL,
  -- Where it was; NULL when its stack could not be had.
  stack_id INTEGER REFERENCES stack(stack_id),
  -- Frames left out of the middle of its stack; 0 for a whole one.
  elided_frames BIGINT NOT NULL,
  -- The function that started it; NULL for a process's first.
  created_by VARCHAR,
  -- The file of the `go` statement; NULL without one.
  created_file VARCHAR,
  -- The line of the `go` statement; NULL without one.
  created_line BIGINT,
  -- The goroutine that started it; NULL where that is not told.
  creator BIGINT
);
