-- The first and the last profile of some series that have a growth, as `attribution.own_code_between` takes them: `heap.ends([1, 2])`.
CREATE FUNCTION heap.ends(
  -- Ids of series.
  series_ids
) AS
(
  SELECT list({
    'series_id': series.series_id,
    'first_profile_id': series.first_profile_id,
    'last_profile_id': series.last_profile_id
  })
  FROM heap.series AS series
  WHERE series.series_id IN (SELECT unnest(series_ids)) AND series.profiles > 1
)
