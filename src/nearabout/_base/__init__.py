"""What every other part uses: checks of arguments, names of metrics and dtypes, progress, distinct values."""
