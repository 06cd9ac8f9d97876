#!/usr/bin/env bash
# Writes the parts of the documents that the code knows: the JSON schema and the table of settings
# from the configuration's schema, the table of imports from scripts/structure, docs/metrics.md from
# scripts/metrics, the tables of docs/policies.md from the lists in src/scheduling; and files of the
# chart: the schema of its values, the alerts and the dashboard. Unit tests fail while they are not
# current.
set -euo pipefail
cd "$(dirname "$0")/.."

node=node_modules/.bin/node
table=$(mktemp)
trap 'rm -f "$table"' EXIT

# replace_section FILE NAME: what is on standard input becomes what is between the markers of that
# name
replace_section() {
  cat >"$table"
  sed -i.bak -e "/<!-- $2:begin -->/,/<!-- $2:end -->/{//!d}" -e "/<!-- $2:begin -->/r $table" "$1"
  rm "$1.bak"
}

$node src/cli/main.ts config --schema >docs/config.schema.json
$node src/cli/main.ts config --markdown-table | replace_section docs/configuration.md config
$node scripts/structure/importTable.ts | replace_section ARCHITECTURE.md imports
$node scripts/metrics/metricsDoc.ts >docs/metrics.md
$node scripts/policies/policyTable.ts policies | replace_section docs/policies.md policies
$node scripts/policies/policyTable.ts filters | replace_section docs/policies.md filters
$node scripts/chart/valuesSchema.ts >charts/baton/values.schema.json
$node scripts/monitoring/alerts.ts >charts/baton/files/alerts.yaml
$node scripts/monitoring/dashboard.ts >charts/baton/files/dashboard.json
$node scripts/structure/eventTable.ts | replace_section docs/operations.md events
