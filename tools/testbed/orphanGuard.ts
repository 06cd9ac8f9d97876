import { type ChildProcess as NodeChild, spawn } from 'node:child_process';

/**
 * Sees to it that no child outlives this process, however it ends: a small shell reads the children's pids
 * from a pipe and kills what is left once the pipe closes. Exit handlers would not run after a SIGKILL or
 * inside jest's sandbox. The shell lives only while there are children.
 *
 * Each child leads a process group of its own; the whole group is killed.
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

/** To be called when the child's end has been seen, so that its pid, perhaps another's by then, is left alone. */
export function dropChild(pid: number): void {
  if (!guarded.delete(pid)) return;
  guard?.stdin?.write(`drop ${pid}\n`);
  if (guarded.size > 0) return;
  guard?.stdin?.end();
  guard = undefined;
}

/** The pids of the children that run now. */
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
