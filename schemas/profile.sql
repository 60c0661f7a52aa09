-- One row per pprof profile.
--
-- key: profile_id
-- partition: kind, day
CREATE TABLE profile (
  -- The number of its source.
  profile_id INTEGER NOT NULL,
  -- The hash of its source, hexadecimal.
  profile_hash VARCHAR NOT NULL,
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Number given on loading to the profiles of one series_hash in time order, cut where the process restarted.
  series_id INTEGER NOT NULL,
  -- Kind, labels and program: XXH64 of the kind, in key order a line `key=value` for each label, and where there are any a
  -- line of a blank and `program`, `build_id` or both. Hexadecimal.
  series_hash VARCHAR NOT NULL,
  -- heap, allocs, cpu, goroutine, mutex, block, threadcreate, goroutineleak, trace or other.
  kind VARCHAR NOT NULL,
  -- UTC day of `taken_at`.
  day DATE NOT NULL,
  -- When it was taken, UTC; 1970-01-01 when the file does not say.
  taken_at TIMESTAMP NOT NULL,
  -- The same in nanoseconds since 1970, as in the file.
  time_ns BIGINT NOT NULL,
  -- How long it covers; 0 for a state.
  duration_ns BIGINT NOT NULL,
  -- One sample for so many of `period_unit`.
  period BIGINT NOT NULL,
  -- What is counted between samples: space, cpu.
  period_type VARCHAR NOT NULL,
  -- Unit of `period`.
  period_unit VARCHAR NOT NULL,
  -- The sample type tools show first, as the file names it; empty when it names none.
  default_sample_type VARCHAR NOT NULL,
  -- From labels; NULL without one.
  service VARCHAR,
  -- From labels; NULL without one.
  instance VARCHAR,
  -- From labels; NULL without one.
  build VARCHAR,
  -- Path of the main binary, the first mapping; NULL when it has none.
  program VARCHAR,
  -- Build id of the main binary, the first mapping; NULL when it has none.
  build_id VARCHAR,
  -- All labels given to the source.
  labels MAP(VARCHAR, VARCHAR) NOT NULL,
  -- Samples in the file.
  sample_count BIGINT NOT NULL,
  -- Frames the producer asks tools to drop: a regular expression.
  drop_frames VARCHAR NOT NULL,
  -- Exceptions from `drop_frames`: a regular expression.
  keep_frames VARCHAR NOT NULL,
  -- Free text lines from the producer.
  comments VARCHAR[] NOT NULL,
  -- Where the producer documents the profile.
  doc_url VARCHAR NOT NULL
);

-- One row per profile and sample type, in the file's order.
--
-- key: profile_id, position
CREATE TABLE profile_sample_type (
  -- The profile.
  profile_id INTEGER NOT NULL REFERENCES profile(profile_id),
  -- Place among the file's sample types, from 0.
  position INTEGER NOT NULL,
  -- What is measured: inuse_space, alloc_objects, cpu; a name the profile has had already has its position behind a #.
  sample_type VARCHAR NOT NULL,
  -- bytes, count, nanoseconds.
  unit VARCHAR NOT NULL
);

-- One row per profile and mapping, in the file's order: where the binary was loaded.
--
-- key: profile_id, position
CREATE TABLE profile_mapping (
  -- The profile.
  profile_id INTEGER NOT NULL REFERENCES profile(profile_id),
  -- Place among the file's mappings, from 0; the first is the main binary.
  position INTEGER NOT NULL,
  -- The binary.
  mapping_id INTEGER NOT NULL REFERENCES mapping(mapping_id),
  -- First address of the range.
  memory_start UBIGINT NOT NULL,
  -- First address behind the range.
  memory_limit UBIGINT NOT NULL
);

-- One row per sample of one profile, with its values in the order of the profile's sample types.
--
-- `sample_value` has them by name, one row each. A heap profile of Go has four; what a profile has more of is in `more_values`.
--
-- The samples of a stack in all profiles of a file follow one another: they are alike, so that they take less room.
--
-- key: profile_id, sample_index
-- partition: kind, day
-- lake: kind, day
-- sort: stack_id
-- objects: value_0 of value_1, value_2 of value_3
CREATE TABLE sample (
  -- The profile.
  profile_id INTEGER NOT NULL REFERENCES profile(profile_id),
  -- Position of the sample in the file, from 0.
  sample_index INTEGER NOT NULL,
  -- Call stack.
  stack_id INTEGER NOT NULL REFERENCES stack(stack_id),
  -- The value for the sample type of position 0, in the unit that the profile has for it; see profile_sample_type.
  value_0 BIGINT NOT NULL,
  -- For position 1; NULL where the profile has one sample type.
  value_1 BIGINT,
  -- For position 2.
  value_2 BIGINT,
  -- For position 3.
  value_3 BIGINT,
  -- For positions from 4; NULL where there are none.
  more_values BIGINT[],
  -- The sample's labels.
  label_set_id INTEGER NOT NULL REFERENCES label_set(label_set_id),
  -- The profile's kind; in the lake only.
  kind VARCHAR NOT NULL,
  -- UTC day the profile was taken; in the lake only.
  day DATE NOT NULL
);
