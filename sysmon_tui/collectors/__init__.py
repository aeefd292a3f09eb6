"""The only code that asks the operating system. Everything above takes `Reading`s.

psutil is imported where it is called: on Linux nothing needs it, and a start is 10 ms shorter.
"""
