"""Each peer is installed in an environment of its own; here its module cannot be imported to look for examples."""

collect_ignore = [f"engines/{name}.py" for name in ("clips", "drools", "durable_rules", "experta")]
