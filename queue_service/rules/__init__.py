"""What is true: pure functions over values. No database, no request, no clock; `now` is an argument."""
