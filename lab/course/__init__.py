"""The course: its content, the learner's way through it, and the grade. It knows no AWS; whatever
touches the lab is done by ``lab.checks``.
"""
