"""What keeps secrets secret and paths where they belong: vault, passwords, private files.

It knows nothing of settings: directories, names and clocks are arguments. `cryptography` is
loaded by the first secret that is needed, not before.
"""
