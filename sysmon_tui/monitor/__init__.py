"""The headless program: all below it joined into one stream of `Tick`s."""
