"""EventBridge: LocalStack's rules, buses and targets, on the lab's clock and kept over restarts."""
