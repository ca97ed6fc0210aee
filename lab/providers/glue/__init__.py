"""AWS Glue: the Data Catalog (databases, tables, partitions and what belongs to them), and in
packages of their own what works on it. What is not here is refused by name (see ``refused``).
"""
