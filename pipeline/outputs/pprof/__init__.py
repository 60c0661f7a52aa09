"""What `go tool pprof` does to a profile and prints of it, over columns.

Follows google/pprof as vendored in Go 1.27, and says at each function which one of its it follows. `profile` holds one;
`merge`, `names` (filters by function, file and binary), `tags` and `granularity` change it; `report` does so in pprof's
order; `graph` weighs functions and calls; the others write a report each, and `reports` lists them.
"""
