"""State machines as pictures: their graph in the terminal, with the states lighting up, and as SVG.

It reads a definition in the Amazon States Language and the history of an execution, as AWS's APIs
give them; it runs nothing.
"""
