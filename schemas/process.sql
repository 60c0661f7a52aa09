-- One row per process of which a log, a MemStats dump or a file of metrics tells.
--
-- A log has several where a prefix of its lines tells them apart, or where cycle numbers and times begin again: then one
-- process ended and another started.
--
-- key: source_id, process
CREATE TABLE process (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Its number in the file, from 0.
  process INTEGER NOT NULL,
  -- What its lines have in front, less what changes from line to line (`web-1 |`, `pod/api-7f9 app`), or the labels that tell its metrics apart; empty where nothing does.
  prefix VARCHAR NOT NULL,
  -- When it started, UTC, as near as the file tells; NULL when it does not.
  started_at TIMESTAMP,
  -- How that is known: `stamp` (a line's time less its time since the start; never too early, late by as long as the line was on its way),
  -- `metric` (process_start_time_seconds); NULL when it is not.
  started_by VARCHAR,
  -- From labels; NULL without one.
  service VARCHAR,
  -- From labels; NULL without one.
  instance VARCHAR,
  -- From labels; NULL without one.
  build VARCHAR,
  -- All labels given to the source.
  labels MAP(VARCHAR, VARCHAR) NOT NULL
);
