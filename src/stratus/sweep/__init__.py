"""Many runs: the table at a sweep's end."""
