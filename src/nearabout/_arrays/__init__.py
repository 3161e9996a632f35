"""Takes vectors, keys and queries from the objects of other libraries, for the core; and gives keys and tables back."""
