"""What `enhance` can do to a picture; each task is a folder that knows no other task."""
