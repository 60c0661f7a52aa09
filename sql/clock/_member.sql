-- One row per process of a file, per trace and per profile: whose it is by its labels.
--
-- Files with the same labels are candidates for being of one process; those without any are so among each other.
--
-- key: source_id, process
-- staged: by labels
CREATE VIEW clock._member (
  -- The file.
  source_id,
  -- The process, as in `process`; 0 for a trace and a profile.
  process,
  -- Its labels as text, which are the same for candidates.
  owner,
  -- All labels given to the source.
  labels,
  -- Its trace; NULL for others.
  trace_id,
  -- When it was taken, nanoseconds since 1970; NULL for what is no profile, and for one without a time.
  taken_ns
) AS
SELECT source_id, process, labels::VARCHAR, labels, trace_id, taken_ns
FROM (
  SELECT source_id, process, labels, NULL AS trace_id, NULL AS taken_ns FROM process
  UNION ALL
  SELECT source_id, 0, labels, trace_id, NULL FROM trace
  UNION ALL
  -- Of text that brought its MemStats along the process is there already.
  SELECT source_id, 0, labels, NULL, nullif(time_ns, 0)
  FROM profile
  ANTI JOIN process USING (source_id)
  WHERE kind <> 'trace'
)
