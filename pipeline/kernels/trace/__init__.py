"""Execution traces of Go 1.22 and later: `wire` and `tables` read a generation, `order` puts its events in order, by the rules of the others."""
