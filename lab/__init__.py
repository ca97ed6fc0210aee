"""A local AWS data-engineering lab: the stack that runs it, the providers that make it true, the
command that drives it.
"""
