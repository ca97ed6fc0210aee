"""What everything is called, in one place: deployment and removal must agree."""

PIPELINE = "hybrid"
STREAM = f"{PIPELINE}-flights"
FUNCTION = f"{PIPELINE}-enrich"
FUNCTION_ROLE = f"{PIPELINE}-enrich-role"
DOMAIN = f"{PIPELINE}-search"
INDEX = "flights"
DATABASE = f"{PIPELINE}"
STATE_MACHINE = f"{PIPELINE}-daily-report"
STATE_MACHINE_ROLE = f"{PIPELINE}-daily-report-role"


def bucket(account_id):
    """Bucket names are unique in the world: the account's number makes ours so."""
    return f"{PIPELINE}-flights-{account_id}"
