"""The sample of a quarter to come: how many cases of each department to call, and which."""
