-- One row per size class of Go's allocator, by its number.
--
-- runtime/sizeclasses.go, the same from Go 1.22 to 1.27.
--
-- key: size_class
CREATE VIEW alloc._size_class (
  -- From 1; class 0 is for one large object.
  size_class,
  -- Bytes of one of its slots.
  object_bytes,
  -- Bytes of one of its spans.
  span_bytes,
  -- Slots of a span, at most: spans of small objects with pointers give some of their end to marks.
  slots,
  -- The smallest object that is put there: a byte more than the class below has.
  least_bytes
) AS
WITH classes AS (
  SELECT
    row_number() OVER (ORDER BY object_bytes) AS size_class,
    object_bytes,
    lag(object_bytes, 1, 0) OVER (ORDER BY object_bytes) + 1 AS least_bytes
  FROM attribution._size_class
),
spans AS (
  SELECT
    classes.*,
    8192 * ([
      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 2,
      1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4
    ])[size_class] AS span_bytes
  FROM classes
)
SELECT size_class, object_bytes, span_bytes, span_bytes // object_bytes, least_bytes
FROM spans
