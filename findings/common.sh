# Sourced by the findings: runs a Python program with pinned packages from PyPI, in a folder that is removed afterwards.

set -euo pipefail

# with_packages NAME==VERSION...: the program is standard input. It asserts what was seen, so that a change is a
# failure.
with_packages() {
  local folder
  folder=$(mktemp -d)
  # Expanded now: the variable is gone when the shell ends.
  trap "rm -rf '$folder'" EXIT
  python3 -m venv "$folder/venv"
  "$folder/venv/bin/pip" install --quiet --disable-pip-version-check "$@"
  (cd "$folder" && venv/bin/python -W ignore - )
}
