"""Triggers, and the workflows that they make of jobs and crawlers.

A trigger that starts something opens a *flow*: the run of a workflow, or for triggers outside
workflows a chain. Whatever a flow has started belongs to it, and conditional triggers look at their
own flow only, as on AWS, where all of a chain must descend from one starting trigger. Blueprints,
which generate workflows, are not here.
"""
