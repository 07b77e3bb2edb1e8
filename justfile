# The verbs of a working day. CONTRIBUTING.md has the same commands for those without `just`.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the verbs.
default:
    @just --list

# Install the package, its extras and every tool into the current environment.
setup:
    pip install -e '.[test]'

# Run every test, the documentation's code blocks included.
test *options:
    pytest {{ options }}

# Look at style: lint, format, docstrings.
lint:
    ruff check
    ruff format --check
    interrogate src

# Check the types.
types:
    mypy --strict src

# Check who imports whom.
contracts:
    lint-imports

# Build the documentation; a warning is an error.
docs:
    sphinx-build -W --keep-going -n -b html docs docs/_build/html

# Do all that a pull request has to pass.
check: lint types contracts docs test

# Measure against the peers; ratios land in benchmarks/results.
bench *options:
    python -m benchmarks {{ options }}

# Simulate a shop, score it and write its report.
demo:
    retailcrm demo

# Run the same tests with many more examples.
nightly:
    pytest --hypothesis-profile=nightly
