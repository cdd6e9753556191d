"""What people can do: one function, one transaction, one use case."""
