"""`helm template NAME CHART --namespace N --values FILE` with Helm's own engine from a Python
package: what test/support/renderChart.ts asks of Helm, for machines without its binary.
"""

import argparse
import json
import sys

import helm_python as helm

parser = argparse.ArgumentParser(prog="helm")
parser.add_argument("command", choices=["template"])
parser.add_argument("name")
parser.add_argument("chart")
parser.add_argument("--namespace", required=True)
parser.add_argument("--values", required=True, help="a file with JSON")
given = parser.parse_args()

with open(given.values, encoding="utf-8") as file:
    values = json.load(file)
try:
    with helm.Chart.load(given.chart) as chart:
        chart.validate_schema(values)
        rendered = chart.render(values, name=given.name, namespace=given.namespace)
except helm.HelmError as error:
    sys.exit(f"Error: {error}")
for template in sorted(rendered):
    if template.endswith((".yaml", ".yml")):
        print("---", f"# Source: {template}", rendered[template], sep="\n")
