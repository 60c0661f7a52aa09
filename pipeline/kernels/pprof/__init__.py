"""profile.proto to columns: `wire` reads the bytes, `resolve` checks and numbers what they name."""
