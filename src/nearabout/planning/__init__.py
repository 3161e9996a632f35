"""What a build will take: its file, time, memory and searches."""
