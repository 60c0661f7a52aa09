-- One row per input ever offered, ingested or refused.
--
-- A refused one is tried again whenever it is offered; when the file goes in, or comes to something else, that is what counts.
-- The lake has a row for each time that an input was read: under another name too, and again after a refusal.
--
-- key: source_id
CREATE TABLE source (
  -- Number given on loading.
  source_id INTEGER NOT NULL,
  -- XXH64 of the unpacked bytes, so that a file and its gzip are one source; that of an escape report or a binary also of its service and build. Hexadecimal; a signed number in the lake.
  source_hash VARCHAR NOT NULL,
  -- Where it was found first; an archive member stands behind `!`.
  uri VARCHAR NOT NULL,
  -- The file by itself, or the archive that it is a member of.
  path VARCHAR NOT NULL,
  -- What it was recognised as: pprof, otlp (OpenTelemetry profiles), legacy (profiles in text and older forms), goroutines (a dump of them), escape, gotrace,
  -- binary, gctrace (a log), memstats, metrics; NULL when nothing recognised it.
  format VARCHAR,
  -- `ingested` or `refused`; in the lake `known` too, for bytes that were there under another name, and `relabelled`, for what got other labels later.
  status VARCHAR NOT NULL,
  -- Why it was refused, the last time it was offered; NULL for an ingested one. In the lake the batch since which a relabelled one has other labels.
  reason VARCHAR,
  -- Size as offered, still compressed.
  size_bytes BIGINT NOT NULL,
  -- Of the bytes as offered, hexadecimal.
  sha256 VARCHAR NOT NULL,
  -- XXH64 of path, size, time of last change (of an object in a bucket its ETag) and labels, by which an unchanged file is known without being read; hexadecimal. NULL where that cannot be relied on.
  offered_hash VARCHAR,
  -- When it was read, UTC.
  ingested_at TIMESTAMP NOT NULL
);

-- One row per name that an ingested source was found under.
--
-- key: source_id, uri
-- origin: warehouse
CREATE TABLE source_name (
  -- The source.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Path; an archive member stands behind `!`.
  uri VARCHAR NOT NULL
);

-- One row per kind of oddity in one source: what was skipped, clipped or guessed, and how often.
--
-- key: source_id, kind
CREATE TABLE ingest_note (
  -- The source it is about.
  source_id INTEGER NOT NULL REFERENCES source(source_id),
  -- Which oddity, as declared in the note catalogue.
  kind VARCHAR NOT NULL,
  -- `info`, `loss` or `error`.
  severity VARCHAR NOT NULL,
  -- How often it was met.
  count BIGINT NOT NULL,
  -- The first place it was met at.
  example VARCHAR NOT NULL
);
