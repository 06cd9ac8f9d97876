/** The demo's live picture as text. Pure: a scene in, lines out; who draws them is not known here. */
export interface DashboardState {
  readonly elapsedMs: number;
  /** What happens now, in words. */
  readonly step: string;
  readonly clients: number;
  readonly envoyUrl: string;
  readonly instances: readonly DashboardInstance[];
  readonly pods: readonly DashboardPod[];
  readonly load: {
    readonly sent: number;
    readonly ok: number;
    readonly inFlight: number;
    readonly failed: number;
    readonly cut: number;
    readonly perSecond: number;
  };
}

export interface DashboardInstance {
  readonly name: string;
  readonly address: string;
  readonly release: string;
  /** A phase, or `down` when it does not answer. */
  readonly phase: string;
}

export interface DashboardPod {
  readonly name: string;
  /** Requests in flight as each instance sees them, in the order of the instances; undefined: it cannot be asked. */
  readonly countsByInstance: readonly (InFlightCounts | undefined)[];
}

/** An instance's own count and what it believes to be in flight in all. */
export interface InFlightCounts {
  readonly local: number;
  readonly view: number;
}

const phaseMarks: Readonly<Record<string, string>> = {
  starting: '◌',
  ready: '●',
  standby: '◍',
  draining: '◐',
  stopped: '○',
  down: '○',
};
const barCells = 24;

/** The whole picture, no line longer than `columns`. */
export function renderDashboard(scene: DashboardState, columns = 100): string[] {
  const nameCells = Math.max('in flight'.length, ...scene.pods.map(({ name }) => name.length));
  const evenShare = Math.max(1, scene.clients / scene.pods.length);
  const most = Math.max(
    evenShare,
    ...scene.pods.flatMap(({ countsByInstance }) => countsByInstance.map((sight) => sight?.view ?? 0)),
  );
  const cellWidth = barCells + 7;
  const { load } = scene;
  const lines = [
    `Baton, a rehearsal on one machine${`${seconds(scene.elapsedMs)}`.padStart(12)}`,
    '',
    `  ${scene.clients} streaming clients ──► Envoy ${scene.envoyUrl} ──► ${scene.pods.length} pods`,
    '                             │ asks which pod',
    ...scene.instances.map(instanceLine),
    '',
    `  ${'in flight'.padEnd(nameCells + 2)}${scene.instances.map(({ name }) => `as ${name} sees it`.padEnd(cellWidth)).join('')}`,
    ...scene.pods.map(
      ({ name, countsByInstance }) =>
        `  ${name.padEnd(nameCells + 2)}${countsByInstance.map((sight) => bar(sight, most).padEnd(cellWidth)).join('')}`,
    ),
    '  (█ through this instance  ░ through the others)',
    '',
    `  requests   sent ${load.sent}   served ${load.ok}   in flight ${load.inFlight}   ${load.perSecond.toFixed(0)}/s`,
    `             failed ${load.failed}   cut ${load.cut}`,
    '',
    `  ${scene.step}`,
  ];
  return lines.map((line) => clip(line.trimEnd(), columns));
}

/** The scene on one line, for output that is no terminal. */
export function renderStatusLine(scene: DashboardState): string {
  const { load } = scene;
  const instances = scene.instances.map(({ name, release, phase }, index) => {
    const counts = scene.pods.map(({ countsByInstance }) => round(countsByInstance[index]?.view)).join('/');
    return phase === 'down' ? `${name} down` : `${name} ${release} ${phase} sees ${counts}`;
  });
  const requests = `sent ${load.sent} served ${load.ok} failed ${load.failed} cut ${load.cut}`;
  return `${seconds(scene.elapsedMs)}  ${instances.join('; ')}; ${requests}; ${scene.step}`;
}

function instanceLine({ name, address, release, phase }: DashboardInstance): string {
  const mark = phaseMarks[phase] ?? '?';
  const what = phase === 'down' ? '' : `release ${release}`;
  return `                             ├─ ${mark} baton ${name}  ${address}  ${phase.padEnd(9)} ${what}`;
}

function bar(sight: InFlightCounts | undefined, most: number): string {
  if (!sight) return '–';
  const cells = Math.round((sight.view / most) * barCells);
  const ownCells = Math.min(cells, Math.round((sight.local / most) * barCells));
  return `${'█'.repeat(ownCells)}${'░'.repeat(cells - ownCells)} ${round(sight.view)}`;
}

/** Counts are whole except where a lost peer's counts fade. */
function round(count: number | undefined): string {
  return count === undefined ? '–' : String(Math.round(count));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

function clip(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
