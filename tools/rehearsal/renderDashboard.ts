/** The state of a rehearsal as text for a terminal. Pure: state in, lines out. */
export interface DashboardState {
  readonly elapsedMs: number;
  /** The current phase of the rehearsal, as text. */
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
  /** A phase, or `down` when the instance does not answer. */
  readonly phase: string;
}

export interface DashboardPod {
  readonly name: string;
  /**
   * Requests in flight in the view of each instance, in their order; undefined when an instance
   * does not answer.
   */
  readonly countsByInstance: readonly (InFlightCounts | undefined)[];
}

/** The local count of an instance, and the total in its view. */
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

/** The whole dashboard; no line is longer than `columns`. */
export function renderDashboard(state: DashboardState, columns = 100): string[] {
  const nameCells = Math.max('in flight'.length, ...state.pods.map(({ name }) => name.length));
  const evenShare = Math.max(1, state.clients / state.pods.length);
  const most = Math.max(
    evenShare,
    ...state.pods.flatMap(({ countsByInstance }) => countsByInstance.map((counts) => counts?.view ?? 0)),
  );
  const cellWidth = barCells + 7;
  const { load } = state;
  const lines = [
    `Baton rehearsal on one machine${`${seconds(state.elapsedMs)}`.padStart(12)}`,
    '',
    `  ${state.clients} streaming clients ──► Envoy ${state.envoyUrl} ──► ${state.pods.length} pods`,
    '                             │ ext_proc',
    ...state.instances.map(instanceLine),
    '',
    `  ${'in flight'.padEnd(nameCells + 2)}${state.instances.map(({ name }) => `view of ${name}`.padEnd(cellWidth)).join('')}`,
    ...state.pods.map(
      ({ name, countsByInstance }) =>
        `  ${name.padEnd(nameCells + 2)}${countsByInstance.map((counts) => bar(counts, most).padEnd(cellWidth)).join('')}`,
    ),
    '  (█ scheduled by this instance  ░ by the others)',
    '',
    `  requests   sent ${load.sent}   completed ${load.ok}   in flight ${load.inFlight}   ${load.perSecond.toFixed(0)}/s`,
    `             failed ${load.failed}   cut ${load.cut}`,
    '',
    `  ${state.step}`,
  ];
  return lines.map((line) => clip(line.trimEnd(), columns));
}

/** The state as one line, for output that is not a terminal. */
export function renderStatusLine(state: DashboardState): string {
  const { load } = state;
  const instances = state.instances.map(({ name, release, phase }, index) => {
    const counts = state.pods.map(({ countsByInstance }) => round(countsByInstance[index]?.view)).join('/');
    return phase === 'down' ? `${name} down` : `${name} ${release} ${phase} view ${counts}`;
  });
  const requests = `sent ${load.sent} completed ${load.ok} failed ${load.failed} cut ${load.cut}`;
  return `${seconds(state.elapsedMs)}  ${instances.join('; ')}; ${requests}; ${state.step}`;
}

function instanceLine({ name, address, release, phase }: DashboardInstance): string {
  const mark = phaseMarks[phase] ?? '?';
  const what = phase === 'down' ? '' : `release ${release}`;
  return `                             ├─ ${mark} baton ${name}  ${address}  ${phase.padEnd(9)} ${what}`;
}

function bar(counts: InFlightCounts | undefined, most: number): string {
  if (!counts) return '–';
  const cells = Math.round((counts.view / most) * barCells);
  const ownCells = Math.min(cells, Math.round((counts.local / most) * barCells));
  return `${'█'.repeat(ownCells)}${'░'.repeat(cells - ownCells)} ${round(counts.view)}`;
}

/** Counts are whole numbers except while those of a lost peer decay. */
function round(count: number | undefined): string {
  return count === undefined ? '–' : String(Math.round(count));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(0)} s`;
}

function clip(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}
