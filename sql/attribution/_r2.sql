-- How well a straight line fits values over time, 0 to 1; NULL where the values or the times are all the same.
--
-- The square of their correlation, within the lists: Σ(t − t̄)x ÷ √(Σ(t − t̄)² Σ(x − x̄)²).
CREATE FUNCTION attribution._r2(
  -- Values, in the order of time.
  sizes,
  -- Of each, how far its moment is from the middle of them all.
  distances
) AS
-- From the first on: next to a gigabyte, changes of some bytes would be rounded away.
pow(list_inner_product(distances, [size::DOUBLE - sizes[1]::DOUBLE for size in sizes]), 2)
/ nullif(
  list_inner_product(distances, distances)
  * list_var_pop([size::DOUBLE - sizes[1]::DOUBLE for size in sizes])
  * len(sizes),
  0
)
