-- One row per input ever offered, ingested or refused.
--
-- A refused one is tried again whenever it is offered; when it goes in, that is what its row says.
--
-- key: source_id
CREATE TABLE source (
  -- Content id: XXH64 of the unpacked bytes, so that a file and its gzip are one source; that of an escape report or a binary also of its service and build.
  source_id UBIGINT NOT NULL,
  -- Where it was found first; an archive member stands behind `!`.
  uri VARCHAR NOT NULL,
  -- What it was recognised as: pprof, escape, gotrace, binary; NULL when nothing recognised it.
  format VARCHAR,
  -- `ingested` or `refused`.
  status VARCHAR NOT NULL,
  -- Why it was refused, the last time it was offered; NULL for an ingested one.
  reason VARCHAR,
  -- Size as offered, still compressed.
  size_bytes BIGINT NOT NULL,
  -- Of the bytes as offered, hexadecimal.
  sha256 VARCHAR NOT NULL,
  -- When it was read, UTC.
  ingested_at TIMESTAMP NOT NULL
);

-- One row per kind of oddity in one source: what was skipped, clipped or guessed, and how often.
--
-- key: source_id, kind
CREATE TABLE ingest_note (
  -- The source it is about.
  source_id UBIGINT NOT NULL REFERENCES source(source_id),
  -- Which oddity, as declared in the note catalogue.
  kind VARCHAR NOT NULL,
  -- `info`, `loss` or `error`.
  severity VARCHAR NOT NULL,
  -- How often it was met.
  count BIGINT NOT NULL,
  -- The first place it was met at.
  example VARCHAR NOT NULL
);
