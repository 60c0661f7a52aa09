"""Lines of text as spans of bytes: profiles, goroutine dumps and logs."""
