"""What covers or replaces the overview."""
