"""From raw readings to the figures people compare: sans-I/O, fed with batches, no clock."""
