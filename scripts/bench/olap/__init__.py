"""What the benchmark of Athena and the test against a real Trino share."""
