"""Our implementations of AWS services. They run inside LocalStack and are registered in
``plugins.py`` only.
"""
