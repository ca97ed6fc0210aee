"""OpenSearch Service: LocalStack's control plane over the one OpenSearch that the lab runs."""
