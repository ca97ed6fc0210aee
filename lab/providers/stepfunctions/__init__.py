"""Step Functions: LocalStack's evaluation of states, and around it what makes it last."""
