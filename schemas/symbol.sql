-- One row per distinct function.
--
-- key: function_id
-- sort: function_id
CREATE TABLE function (
  -- Number given on loading.
  function_id INTEGER NOT NULL,
  -- XXH64 over name, system name, file and start line. Hexadecimal.
  function_hash VARCHAR NOT NULL,
  -- Name for people: `main.(*T).Method`, `main.f[go.shape.int]`.
  name VARCHAR NOT NULL,
  -- Name as the linker knows it; Go writes the same as `name`.
  system_name VARCHAR NOT NULL,
  -- Import path of the package, from the name; NULL where the name has none.
  package VARCHAR,
  -- Source file as the profile spells it.
  file VARCHAR NOT NULL,
  -- First line of the function; 0 when unknown.
  start_line BIGINT NOT NULL
);

-- One row per distinct mapped binary.
--
-- key: mapping_id
-- sort: mapping_id
CREATE TABLE mapping (
  -- Number given on loading.
  mapping_id INTEGER NOT NULL,
  -- XXH64 over build id, file, size, file offset and flags. Hexadecimal.
  mapping_hash VARCHAR NOT NULL,
  -- The binary's path.
  file VARCHAR NOT NULL,
  -- GNU build id or what the producer put in its place.
  build_id VARCHAR NOT NULL,
  -- Length of the mapped range.
  size_bytes UBIGINT NOT NULL,
  -- Where the range begins in the file.
  file_offset_bytes UBIGINT NOT NULL,
  -- The producer resolved function names in it.
  has_functions BOOLEAN NOT NULL,
  -- The producer resolved file names in it.
  has_filenames BOOLEAN NOT NULL,
  -- The producer resolved line numbers in it.
  has_line_numbers BOOLEAN NOT NULL,
  -- The producer unfolded inlined frames in it.
  has_inline_frames BOOLEAN NOT NULL
);

-- One row per distinct location: an address in a mapping with its lines.
--
-- The address counts from the mapping's start, so that a load address does not split a location.
--
-- key: location_id
-- sort: location_id
CREATE TABLE location (
  -- Number given on loading.
  location_id INTEGER NOT NULL,
  -- XXH64 over mapping, address, folding and lines. Hexadecimal.
  location_hash VARCHAR NOT NULL,
  -- The binary it lies in; NULL when the profile names none.
  mapping_id INTEGER REFERENCES mapping(mapping_id),
  -- Bytes from the mapping's start, or the plain address without a mapping; modulo 2^64.
  address UBIGINT NOT NULL,
  -- Several symbols share this address because the linker folded identical code.
  is_folded BOOLEAN NOT NULL,
  -- Source lines, the innermost inlined one first; empty without symbols.
  lines STRUCT(function_id INTEGER, line BIGINT, "column" BIGINT)[] NOT NULL
);

-- One row per distinct call stack.
--
-- key: stack_id
CREATE TABLE stack (
  -- Number given on loading.
  stack_id INTEGER NOT NULL,
  -- XXH64 over the location ids. Hexadecimal.
  stack_hash VARCHAR NOT NULL,
  -- Its locations, leaf first; empty for a sample without a stack.
  location_ids INTEGER[] NOT NULL
);

-- One row per distinct set of sample labels.
--
-- key: label_set_id
-- sort: label_set_id
CREATE TABLE label_set (
  -- Number given on loading.
  label_set_id INTEGER NOT NULL,
  -- XXH64 over the labels in key order. Hexadecimal.
  label_set_hash VARCHAR NOT NULL,
  -- Sorted by key; a repeated key keeps the order of its values. A numeric label has `num`, a string label `str`.
  labels STRUCT(key VARCHAR, str VARCHAR, num BIGINT, num_unit VARCHAR)[] NOT NULL
);
