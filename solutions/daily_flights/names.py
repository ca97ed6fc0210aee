"""What everything is called, in one place: deployment and removal must agree."""

PIPELINE = "daily-flights"
DATABASE = "daily_flights"
RULESET = f"{PIPELINE}-raw"
JOB = f"{PIPELINE}-enrich"
JOB_ROLE = f"{PIPELINE}-enrich-role"
TOPIC = f"{PIPELINE}-news"
STATE_MACHINE = f"{PIPELINE}-day"
STATE_MACHINE_ROLE = f"{PIPELINE}-day-role"
SCHEDULE = f"{PIPELINE}-every-morning"
SCHEDULE_ROLE = f"{PIPELINE}-every-morning-role"


def bucket(account_id):
    """Bucket names are unique in the world: the account's number makes ours so."""
    return f"{PIPELINE}-{account_id}"
