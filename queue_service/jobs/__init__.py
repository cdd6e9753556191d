"""What happens by itself, on a schedule. Every job may run twice or late without harm."""
