-- One row per size class of Go's allocator, by its number.
--
-- key: size_class
CREATE VIEW alloc._size_class (
  -- From 1; class 0 is for one large object.
  size_class,
  -- Bytes of one of its slots.
  object_bytes
) AS
SELECT row_number() OVER (ORDER BY object_bytes), object_bytes
FROM attribution._size_class
