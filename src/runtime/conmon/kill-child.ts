import type { Host } from "#host";

const sigkill = 9;

/** Kills a child of ours, whose number is nobody else's until we have waited for it. */
export function killChild({ processes }: Pick<Host, "processes">, pid: number): void {
  const identity = processes.identify(pid);
  const watch = identity === undefined ? undefined : processes.watch(identity);
  watch?.kill(sigkill);
  watch?.close();
}
