"""Tables of the benchmark's site."""
