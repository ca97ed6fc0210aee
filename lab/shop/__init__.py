"""The bookshop that makes access logs: a real web site on this machine, and visitors who browse it.

Nothing is simulated between the two: a line of the log is a request that was answered. The shop
knows nothing of AWS; whoever reads the log, ``lab agent`` for one, is no concern of it.
"""
