import { type Setting, settings } from './settings.ts';

/** The settings as text: a Markdown table for docs/configuration.md and a list for `--help`. */
export function configTable(): string {
  const rows = settings.map(
    (setting) => `| \`${setting.path}\` | ${code(shownDefault(setting))} | ${setting.description} |`,
  );
  return ['| Setting | Default | Meaning |', '|---|---|---|', ...rows].join('\n');
}

export function settingsHelp(): string {
  const lines = settings.map((setting) => {
    const value = shownDefault(setting);
    return `  ${setting.path.padEnd(30)} ${setting.description}${value === '' ? '' : `; default ${value}`}`;
  });
  return [
    'Settings, in the YAML file, as --set drain.graceMs=5000 or as BATON_DRAIN_GRACE_MS=5000:',
    ...lines,
  ].join('\n');
}

function shownDefault({ defaultValue }: Setting): string {
  if (defaultValue === undefined || defaultValue === '') return '';
  const isMapping = typeof defaultValue === 'object' && !Array.isArray(defaultValue);
  return isMapping ? JSON.stringify(defaultValue) : String(defaultValue);
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
