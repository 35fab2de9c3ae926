"""Planning, pure: `problem` says it, `matrix` times it, `solver` solves it, `checker` judges it, `process` runs it."""
