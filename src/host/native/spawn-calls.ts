import type { Libc } from "./libc.ts";

/** Structures that only the C library looks into; these are larger than any architecture's. */
export const opaqueBytes = 512;

/** The posix_spawn family. */
export interface SpawnCalls {
  readonly posixSpawn: PosixSpawn;
  readonly spawnActions: SpawnActions;
  readonly spawnAttributes: SpawnAttributes;
}

/**
 * Answers with the pid; an error is thrown under the name of the program.
 *
 * In the pool, because the caller sleeps until the child has got a processor and
 * executed its program: nothing on an idle machine, tens of milliseconds on a
 * busy one.
 */
type PosixSpawn = (
  program: string,
  set: { readonly actions: Buffer; readonly attributes: Buffer },
  argv: readonly string[],
  environment: readonly string[],
) => Promise<number>;

interface SpawnActions {
  readonly init: (actions: Buffer) => void;
  readonly destroy: (actions: Buffer) => void;
  readonly duplicate: (actions: Buffer, from: number, to: number) => void;
  readonly open: (actions: Buffer, fd: number, path: string) => void;
  readonly close: (actions: Buffer, fd: number) => void;
  /** Closes all from this one on. */
  readonly closeFrom: (actions: Buffer, fd: number) => void;
  readonly changeDirectory: (actions: Buffer, path: string) => void;
}

interface SpawnAttributes {
  readonly init: (attributes: Buffer) => void;
  readonly setFlags: (attributes: Buffer, flags: number) => void;
  readonly setDefaultSignals: (attributes: Buffer, signals: Buffer) => void;
  readonly setSignalMask: (attributes: Buffer, signals: Buffer) => void;
}

const oReadWrite = 2;

export function spawnCalls(libc: Libc): SpawnCalls {
  return { posixSpawn: posixSpawn(libc), spawnActions: spawnActions(libc), spawnAttributes: spawnAttributes(libc) };
}

function posixSpawn(libc: Libc): PosixSpawn {
  type Arguments = [Int32Array, string, Buffer, Buffer, (string | null)[], (string | null)[]];
  const spawn = libc.numberedInPool<Arguments>(
    "int posix_spawn(int *pid, const char *path, void *actions, void *attributes, const char **argv, const char **envp)",
  );
  return async (program, set, argv, environment) => {
    const pid = new Int32Array(1);
    await spawn(pid, program, set.actions, set.attributes, [...argv, null], [...environment, null]);
    return pid[0] ?? 0;
  };
}

function spawnActions(libc: Libc): SpawnActions {
  const init = libc.numbered<[Buffer]>("int posix_spawn_file_actions_init(void *actions)");
  const destroy = libc.numbered<[Buffer]>("int posix_spawn_file_actions_destroy(void *actions)");
  const duplicate = libc.numbered<[Buffer, number, number]>(
    "int posix_spawn_file_actions_adddup2(void *actions, int from, int to)",
  );
  const open = libc.numbered<[Buffer, number, string, number, number]>(
    "int posix_spawn_file_actions_addopen(void *actions, int fd, const char *path, int flags, uint mode)",
  );
  const close = libc.numbered<[Buffer, number]>("int posix_spawn_file_actions_addclose(void *actions, int fd)");
  const closeFrom = libc.numbered<[Buffer, number]>(
    "int posix_spawn_file_actions_addclosefrom_np(void *actions, int fd)",
  );
  const changeDirectory = libc.numbered<[Buffer, string]>(
    "int posix_spawn_file_actions_addchdir_np(void *actions, const char *path)",
  );
  return {
    init,
    destroy,
    duplicate,
    open: (actions, fd, path) => open(actions, fd, path, oReadWrite, 0),
    close,
    closeFrom,
    changeDirectory,
  };
}

function spawnAttributes(libc: Libc): SpawnAttributes {
  return {
    init: libc.numbered<[Buffer]>("int posix_spawnattr_init(void *attributes)"),
    setFlags: libc.numbered<[Buffer, number]>("int posix_spawnattr_setflags(void *attributes, short flags)"),
    setDefaultSignals: libc.numbered<[Buffer, Buffer]>(
      "int posix_spawnattr_setsigdefault(void *attributes, void *signals)",
    ),
    setSignalMask: libc.numbered<[Buffer, Buffer]>("int posix_spawnattr_setsigmask(void *attributes, void *signals)"),
  };
}
