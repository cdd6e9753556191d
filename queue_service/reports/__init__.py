"""What do the records say? Figures for reports and exports, each with its definition."""
