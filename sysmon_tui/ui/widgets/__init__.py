"""One widget a panel, each drawn by `LinePanel`."""
