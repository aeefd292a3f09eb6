"""The only code that asks the operating system. Everything above takes `Reading`s."""
