"""OpenSearch Service: domains, each on an OpenSearch of its own, behind the gateway.

A domain's endpoint is a path of the gateway, where its access policy is enforced (``endpoint``).
Behind it, the first domain has the OpenSearch that the lab runs; each further one gets a process
(``nodes``), so that two domains never share an index, a template or a scroll.
"""
