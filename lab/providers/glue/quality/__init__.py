"""Glue Data Quality: rulesets in DQDL, evaluated by Athena's engine on tables of the catalog."""
