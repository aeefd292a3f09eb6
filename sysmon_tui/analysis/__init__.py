"""What history says when it is asked: expressions over it, and reports of a stretch of it.

Pure: knows `Past` and no file, no clock, no screen. The commands `query` and `report` call it.
"""
