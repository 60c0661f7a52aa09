-- One row per stack: the names on it, root first, inlining unfolded.
--
-- What flame graphs and cumulative weights are added up over. A stack's path is made when it arrives, and again when an
-- executable that arrives later has names for its locations.
--
-- key: stack_id
-- origin: warehouse
CREATE TABLE stack_path (
  -- The stack.
  stack_id INTEGER NOT NULL REFERENCES stack(stack_id),
  -- Its names, root first, as numbered in stack_label; empty for a stack without locations.
  label_ids INTEGER[] NOT NULL,
  -- The line in each; 0 when unknown.
  lines BIGINT[] NOT NULL,
  -- Each of the names once, where one is there more often: a recursive function counts once for a cumulative weight. NULL otherwise.
  distinct_label_ids INTEGER[]
);

-- One row per distinct name on stacks.
--
-- key: label_id
-- origin: warehouse
CREATE TABLE stack_label (
  -- Number of the name, from 0, in the order of arrival.
  label_id INTEGER NOT NULL,
  -- Name as flame graphs show it: the function, `[binary]` without a symbol, `<unknown>` without either.
  label VARCHAR NOT NULL
);

-- One row per location that came without lines, and whose mapping has an executable: what that one says of it.
--
-- Its functions are rows of `function` as if a profile had brought them.
--
-- key: location_id
-- origin: warehouse
CREATE TABLE symbolised_location (
  -- The location.
  location_id INTEGER NOT NULL REFERENCES location(location_id),
  -- The hash of the executable's source, hexadecimal.
  source_hash VARCHAR NOT NULL,
  -- Lines as in `location`, the innermost inlined one first; line 0 where it is unknown. Empty for an address outside of its code.
  lines STRUCT(function_id INTEGER, line BIGINT, "column" BIGINT)[] NOT NULL
);

-- One row per profile and sample type: the sum over all samples.
--
-- key: profile_id, sample_type
-- origin: warehouse
CREATE TABLE profile_total (
  -- The profile.
  profile_id INTEGER NOT NULL REFERENCES profile(profile_id),
  -- What was measured.
  sample_type VARCHAR NOT NULL,
  -- Unit of `value`.
  unit VARCHAR NOT NULL,
  -- Sum of the samples' values.
  value BIGINT NOT NULL
);

-- One row per source of profiles, of a report, of an executable or of what processes said that everything derived takes into account.
--
-- key: source_id
-- origin: warehouse
CREATE TABLE derived_source (
  -- The source.
  source_id INTEGER NOT NULL REFERENCES source(source_id)
);

-- One row: which state of which lake this file holds.
--
-- key: batch
-- origin: warehouse
CREATE TABLE warehouse_state (
  -- The batch of the lake up to which everything is loaded.
  batch BIGINT NOT NULL,
  -- Fingerprint of the declared tables and views; another one means that the file is made anew.
  declarations VARCHAR NOT NULL,
  -- The id of the lake's log; tells one lake from another.
  lake VARCHAR NOT NULL,
  -- What of the lake it holds, as JSON: service, kind, since; {} for all of it.
  part VARCHAR NOT NULL,
  -- Version of heapscape that wrote it.
  heapscape VARCHAR NOT NULL
);

-- One row per file of the lake that was loaded.
--
-- key: table_name, file_name
-- origin: warehouse
CREATE TABLE loaded_file (
  -- The table it belongs to.
  table_name VARCHAR NOT NULL,
  -- Its name, which no other file ever has: a lake that is moved, or copied to a bucket, is known.
  file_name VARCHAR NOT NULL
);
