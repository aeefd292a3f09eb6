"""History to and from files of other programs: CSV, JSON lines, OpenMetrics, Parquet, sysstat.

Everything is a generator over one sample or batch, so memory does not grow with the file. The
commands `export` and `import` call it.
"""
