"""Pictures, a module each: arrays in, a matplotlib Figure out. They compute no forecast and write no file."""
