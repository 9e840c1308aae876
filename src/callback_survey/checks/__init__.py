"""The two gates: facts about a delivery or the marts go through Great Expectations and come back as rows."""
