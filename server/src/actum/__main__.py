"""`python -m actum` is `actum`."""

from actum.entrypoints.cli import main

if __name__ == "__main__":
    main()
