import { type ChildProcess as NodeChild, spawn } from 'node:child_process';

/**
 * Kills the children of this process when it ends, however it ends. A small shell reads their pids
 * from a pipe and kills the rest when the pipe closes. Exit handlers would not run after a SIGKILL
 * or inside the sandbox of jest. The shell runs only while there are children.
 *
 * Each child leads its own process group; the whole group is killed.
 */
const script = `
trap '' INT TERM HUP
pids=' '
while read -r word pid; do
  case $word in
    add) pids="$pids$pid " ;;
    drop) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -KILL "-$pid" 2>/dev/null; done
`;

const guarded = new Set<number>();
let guard: NodeChild | undefined;

export function guardChild(pid: number): void {
  guarded.add(pid);
  guard ??= startGuard();
  guard.stdin?.write(`add ${pid}\n`);
}

/** Must be called when the child has ended: its pid may belong to another process afterwards. */
export function dropChild(pid: number): void {
  if (!guarded.delete(pid)) return;
  guard?.stdin?.write(`drop ${pid}\n`);
  if (guarded.size > 0) return;
  guard?.stdin?.end();
  guard = undefined;
}

/** The pids of the running children. */
export function liveChildren(): readonly number[] {
  return [...guarded];
}

function startGuard(): NodeChild {
  const shell = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return shell;
}
