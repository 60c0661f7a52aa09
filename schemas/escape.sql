-- One row per file of an escape report.
--
-- key: source_id
CREATE TABLE escape_report (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- How it is spelled: `m`, `m2` or `json`.
  spelling VARCHAR NOT NULL,
  -- Compiler version where the report has it, such as `go1.27.3`; NULL in text reports.
  go_version VARCHAR,
  -- From labels; NULL without one.
  service VARCHAR,
  -- From labels; NULL without one.
  build VARCHAR,
  -- All labels given to the source.
  labels MAP(VARCHAR, VARCHAR) NOT NULL
);

-- One row per package that a report speaks of, with or without an escape in it.
--
-- key: source_id, package
CREATE TABLE escape_package (
  -- The report.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Import path as the report has it; `main` where the JSON log says so.
  package VARCHAR NOT NULL
);

-- One row per verdict of the compiler in one report.
--
-- Exact repetitions inside a report are one row.
--
-- key: source_id, escape_site_id
CREATE TABLE escape_site (
  -- Number given on loading.
  escape_site_id INTEGER NOT NULL,
  -- XXH64 over package, file's base name, line, column, kind, expression and result; the same in every spelling and build. Hexadecimal.
  escape_site_hash VARCHAR NOT NULL,
  -- The report.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Import path from the report's package header; NULL where it has none.
  package VARCHAR,
  -- File as the report spells it.
  file VARCHAR NOT NULL,
  -- Line of the outermost call after inlining, from 1.
  line INTEGER NOT NULL,
  -- Byte column, from 1; 0 when the report has none.
  "column" INTEGER NOT NULL,
  -- moved_to_heap, escapes, does_not_escape, leaking_param, leaking_param_content, leaking_param_to_result or zero_copy.
  kind VARCHAR NOT NULL,
  -- The compiler's rendering of what escapes: `&T{}`, `make([]byte, n)`, a variable's name.
  expression VARCHAR NOT NULL,
  -- The verdict's own words.
  message VARCHAR NOT NULL,
  -- Function it lies in, as the report names it; NULL where it does not.
  function VARCHAR,
  -- For a parameter: dereferences from the result (or the heap) to what leaks; NULL otherwise.
  level INTEGER,
  -- For a parameter: the result it flows to; NULL otherwise.
  result VARCHAR
);

-- One row per step of the compiler's explanation of one verdict.
--
-- key: source_id, escape_site_id, step
CREATE TABLE escape_step (
  -- The verdict it explains.
  escape_site_id INTEGER NOT NULL,
  -- The report.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Place in the explanation, from 0.
  step INTEGER NOT NULL,
  -- Where the value comes from in this flow: `&x`, `{storage for &T{}}`.
  flow_from VARCHAR NOT NULL,
  -- Where it goes: a variable, `~r0`, `{heap}`.
  flow_to VARCHAR NOT NULL,
  -- The expression that makes it flow.
  expression VARCHAR NOT NULL,
  -- How: address-of, assign, return, call parameter, too large for stack.
  operation VARCHAR NOT NULL,
  -- File of the expression; NULL where the report gives no position.
  file VARCHAR,
  -- Line of the expression; NULL where the report gives no position.
  line INTEGER,
  -- Byte column of the expression; NULL where the report gives no position.
  "column" INTEGER
);

-- One row per level of inlining between the position of a verdict and the expression itself.
--
-- Functions inlined at one call can have the same expression each, at lines of their own: one verdict, several chains.
--
-- key: source_id, escape_site_id, chain, depth
CREATE TABLE escape_inline (
  -- The verdict.
  escape_site_id INTEGER NOT NULL,
  -- The report.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Which of its chains, from 0.
  chain INTEGER NOT NULL,
  -- 1 = the function inlined at the verdict's position; the deepest is where the expression stands.
  depth INTEGER NOT NULL,
  -- File.
  file VARCHAR NOT NULL,
  -- Line, from 1.
  line INTEGER NOT NULL,
  -- Byte column, from 1.
  "column" INTEGER NOT NULL
);

-- One row per call the compiler inlined, as text reports tell it.
--
-- key: source_id, package, file, line, column, function
CREATE TABLE inlined_call (
  -- The report.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Import path from the report's package header; NULL where it has none.
  package VARCHAR,
  -- File of the call as the report spells it.
  file VARCHAR NOT NULL,
  -- Line of the call, from 1.
  line INTEGER NOT NULL,
  -- Byte column, from 1.
  "column" INTEGER NOT NULL,
  -- The function inlined there, as the report names it.
  function VARCHAR NOT NULL
);
