"""What must be true at the two borders: a landed delivery, and the marts of a quarter. Limits are data: `check_rules`."""
