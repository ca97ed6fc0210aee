"""CloudWatch Logs, all of it ours: events in files, filters over them, and Logs Insights."""
