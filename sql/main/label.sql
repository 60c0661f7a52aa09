-- The value of a label of a sample as text; NULL without it: `label(label_set_id, 'endpoint')`.
--
-- Of a key that is there more often the first value; a number in its own digits.
CREATE FUNCTION main.label(
  -- A label_set_id.
  of_label_set,
  -- The label's name.
  of_key
) AS
(
  SELECT coalesce(found.label.str, found.label.num::VARCHAR)
  FROM (
    SELECT list_filter(sets.labels, lambda one: one.key = of_key)[1] AS label
    FROM label_set AS sets
    WHERE sets.label_set_id = of_label_set
  ) AS found
)
