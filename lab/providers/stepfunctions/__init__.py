"""Step Functions is LocalStack's own; what is added are the tasks that it lacks: Athena's."""
