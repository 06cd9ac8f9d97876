#!/usr/bin/env bash
# Builds the documents as a site with search into site/, for any web server:
#
#   python3 -m http.server --bind 127.0.0.1 --directory site
#
# The pictures of the dashboard are taken of it as it is, where there is a Chromium. A link or an
# anchor that leads nowhere ends it with exit code 1.
#
# The generator comes from Python wheels into .tools/docs. Its successor by the same people,
# Zensical, reads the same mkdocs.yml; it is the one to take when its packages are complete.
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=scripts/docs/requirements.txt
venv=.tools/docs
python=${PYTHON:-python3}

if ! cmp -s "$requirements" "$venv/requirements.txt"; then
  echo "docs: installing $requirements into $venv" >&2
  mkdir -p .tools
  "$python" -m venv --clear "$venv"
  "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --only-binary :all: \
    --requirement "$requirements"
  cp "$requirements" "$venv/requirements.txt"
fi

node_modules/.bin/node scripts/docs/stagePages.ts
node_modules/.bin/node scripts/docs/takeScreenshots.ts
log=.run/docs/build.log
# Not --quiet: it hides warnings from --strict as well.
NO_MKDOCS_2_WARNING=1 "$venv/bin/python" -m mkdocs build --strict --clean \
  --config-file scripts/docs/mkdocs.yml >"$log" 2>&1 || {
  grep -vE '^INFO' "$log" >&2
  exit 1
}
echo "docs: site/index.html"
