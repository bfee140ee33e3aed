"""``python -m qa`` is ``mtqa``."""

from qa.cli import main

if __name__ == "__main__":
    main()
