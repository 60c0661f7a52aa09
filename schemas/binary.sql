-- One row per executable.
--
-- key: source_id
CREATE TABLE binary_file (
  -- The file it was read from.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- elf, macho or pe.
  format VARCHAR NOT NULL,
  -- As GOARCH has it: amd64, arm64.
  architecture VARCHAR NOT NULL,
  -- GNU build id in hexadecimal, as `mapping.build_id` of its profiles; NULL without one, as before Go 1.24 and outside of Linux.
  build_id VARCHAR,
  -- What `go tool buildid` prints; NULL without one.
  go_build_id VARCHAR,
  -- Version of Go that built it, such as `go1.27.3`; NULL when it does not say.
  go_version VARCHAR,
  -- Import path of its main package, which its symbols call `main`; NULL when it does not say.
  main_package VARCHAR,
  -- Path of the module that the main package belongs to; NULL when it does not say.
  main_module VARCHAR,
  -- Version of the main module: `(devel)`, or one made of the commit.
  main_module_version VARCHAR,
  -- What it says of its build, by name: `-gcflags`, `-ldflags`, `-tags`, `GOARCH`, `vcs.revision`, `vcs.time`, ...
  settings MAP(VARCHAR, VARCHAR) NOT NULL,
  -- It has no symbol table.
  is_stripped BOOLEAN NOT NULL,
  -- What to add to an address of this file's tables for the address it was linked to: the image base of PE, the first address of `__TEXT` of Mach-O.
  base_address UBIGINT NOT NULL,
  -- From labels; NULL without one.
  service VARCHAR,
  -- From labels; NULL without one.
  build VARCHAR,
  -- All labels given to the source.
  labels MAP(VARCHAR, VARCHAR) NOT NULL
);

-- One row per module that an executable was built of.
--
-- key: source_id, module
CREATE TABLE binary_module (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Module path; packages of it begin with it.
  module VARCHAR NOT NULL,
  -- Version that was asked for; NULL when it is not told.
  version VARCHAR,
  -- Checksum as in go.sum; NULL for the main module and what a folder took the place of.
  sum VARCHAR,
  -- It is the program's own.
  is_main BOOLEAN NOT NULL,
  -- Module path or folder that a `replace` directive put in its place; NULL without one.
  replaced_by VARCHAR,
  -- Version of what took its place; NULL for a folder.
  replaced_by_version VARCHAR
);

-- One row per function in the code of an executable, as its function table has them, stripped or not.
--
-- What was inlined is part of the function around it.
--
-- key: source_id, address
-- sort: source_id, address
-- dictionary: name, package, file
CREATE TABLE binary_function (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Where it begins, counted as `call_site.address`.
  address UBIGINT NOT NULL,
  -- How far it reaches: up to the next one, and the last one up to the end of the code.
  size_bytes BIGINT NOT NULL,
  -- Name as profiles have it.
  name VARCHAR NOT NULL,
  -- Import path of the package, from the name; NULL where the name has none.
  package VARCHAR,
  -- Source file as profiles spell it; NULL for code without one.
  file VARCHAR,
  -- First line of the function, from 1; NULL when unknown.
  start_line INTEGER
);

-- One row per function of an executable: which line each of its instructions is of, for profiles without symbols.
--
-- Written down as in the executable (runtime/symtab.go, pcvalue): pairs of varints, by how much a value changes, in zigzag
-- from -1, and for how many instructions it stays. `stack.frames` says what they come to for the addresses of profiles.
-- Programs of Go 1.19 and older have no rows.
--
-- key: source_id, address
-- sort: source_id, address
CREATE TABLE binary_line (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The function, as in `binary_function`.
  address UBIGINT NOT NULL,
  -- In how many bytes the tables count.
  step_bytes INTEGER NOT NULL,
  -- Where the files of its package begin: what the table of files has is added for `binary_source_file.position`.
  first_file BIGINT NOT NULL,
  -- Which file; empty when unknown, as are the others.
  files BLOB NOT NULL,
  -- Which line.
  lines BLOB NOT NULL,
  -- Which inlined call, as `binary_inlined.position`; -1 for none.
  inlined BLOB NOT NULL
);

-- One row per call that was inlined in a function of an executable.
--
-- key: source_id, address, position
-- sort: source_id, address, position
-- dictionary: name, package
CREATE TABLE binary_inlined (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- The function that it was inlined in, as in `binary_function`.
  address UBIGINT NOT NULL,
  -- Place among its inlined calls, from 0; callers come before what they call.
  position INTEGER NOT NULL,
  -- The function that was inlined.
  name VARCHAR NOT NULL,
  -- Its package, from the name; NULL where the name has none.
  package VARCHAR,
  -- Its first line, from 1; NULL when unknown.
  start_line INTEGER,
  -- An instruction of the caller at the line of the call, in bytes from where the outer function begins.
  call_offset_bytes BIGINT NOT NULL
);

-- One row per source file that a package of an executable has code of.
--
-- key: source_id, position
-- sort: source_id, position
-- dictionary: file
CREATE TABLE binary_source_file (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Place among all, from 0; see `binary_line`.
  position BIGINT NOT NULL,
  -- Its name as profiles spell it; NULL for one that nothing is of any more.
  file VARCHAR
);

-- One row per call in an executable's code that may allocate: of one of the runtime's entry points, or of any other function of it.
--
-- A leaf of a heap profile is the address behind such a call, less one. Its row here is that with
-- `address = location.address + mapping.file_offset_bytes`; for ELF and Mach-O that is an offset in the file, for PE
-- an offset from the image base (RVA). Without a mapping a location has the address in memory: `address + binary_file.base_address`
-- unless the program was moved. Calls through a pointer and jumps are not among them.
--
-- Up to Go 1.25 profiles leave out a function that calls the allocator itself, as for a `make` that `copy` fills at once: the leaf
-- is the call of that function, which has a row too, with that function as its entry point.
--
-- key: source_id, address
-- sort: source_id, address
-- dictionary: kind, entry_point, type_name
CREATE TABLE call_site (
  -- The executable.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Last byte of the call: where it returns to, less one.
  address UBIGINT NOT NULL,
  -- What is asked for: new (a variable, literal or closure), make (a slice), append, move (of a finished slice from the stack, Go 1.26), map, map_growth, channel, concatenation, conversion (of text), boxing (in an interface), goroutine, defer; runtime is anything that the runtime does for itself.
  kind VARCHAR NOT NULL,
  -- The function that is called, without `runtime.`: `newobject`, `mapassign_faststr`, `reflect.unsafe_New`, or one that is left out.
  entry_point VARCHAR NOT NULL,
  -- Type that is given to it, as reflection prints it: of the object, the slice's element, the map, the channel; NULL where the code does not tell.
  type_name VARCHAR,
  -- Size of one value of that type; NULL without it.
  type_size_bytes BIGINT
);
