"""Execution traces of Go 1.21 and before, to rows of ordered events as newer ones have them."""
