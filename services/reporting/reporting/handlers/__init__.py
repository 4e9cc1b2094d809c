"""How what the others announced becomes rows to count: one file per kind of event, many events at a time.

Each file says which fields it reads, in a frozen record, and what it makes of them. An event that comes again changes
nothing, and a batch gives the same rows as its events one by one.
"""
