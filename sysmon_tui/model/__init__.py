"""The vocabulary every layer shares: frozen values and pure functions, no I/O and no clock."""
