"""Many runs: the table and the pictures at a sweep's end; `batched` trains them as one."""
