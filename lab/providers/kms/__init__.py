"""Key Management Service: LocalStack's, with keys that outlive the lab's stop."""
