"""Pictures of what OpenSearch holds, drawn live in a browser, where OpenSearch Dashboards would be.

``server`` serves the page and ``site`` answers it; ``saved`` keeps visualisations and dashboards in
an index of the domain as OpenSearch Dashboards' own saved objects, so that they can move there.
This is not OpenSearch Dashboards: it draws Vega and Vega-Lite and nothing else.
"""
