import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { run, startChild } from "./child.ts";
import { waitFor } from "./wait-for.ts";
import type { Workspace } from "./workspace.ts";

/** A volume on a file server that can stop answering, as a dead NFS server does: who waits for it hears no signal. */
export interface DeafVolume extends AsyncDisposable {
  readonly path: string;
  /** Answers nothing from now on. */
  goDeaf(): Promise<void>;
  /** Whether this process waits for it. */
  holds(pid: number): Promise<boolean>;
  /** Ends the server: the kernel then lets everybody go, with an error. */
  end(): Promise<void>;
}

/**
 * A FUSE server with an empty directory. It takes every request, and answers
 * until SIGUSR1 comes. A request that was taken and not answered cannot be
 * taken back: not even SIGKILL ends who waits for it.
 */
const server = `
use strict; use warnings; use POSIX (); use Fcntl;
my ($target) = @ARGV; $| = 1;
sysopen(my $fuse, "/dev/fuse", O_RDWR) or die "open /dev/fuse: $!";
my $data = "fd=" . fileno($fuse) . ",rootmode=40000,user_id=0,group_id=0,allow_other";
my ($source, $type) = ("deaf", "fuse");
syscall(165, $source, $target, $type, 0, $data) == 0 or die "mount: $!";
my $deaf = 0;
$SIG{USR1} = sub { $deaf = 1; print "deaf\\n" };
my $attributes = pack("Q6L10", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0040755, 2, 0, 0, 0, 4096, 0);
print "mounted\\n";
while (1) {
  my $count = sysread($fuse, my $request, 1 << 17);
  next if !defined $count && $!{EINTR};
  last if !defined $count || $count == 0;
  my (undef, $opcode, $unique) = unpack("L2Q", $request);
  next if $deaf || $opcode == 2 || $opcode == 42 || $opcode == 36;
  my ($error, $body) = (-38, "");
  if ($opcode == 26) { ($error, $body) = (0, pack("L4S2L2S2L8", 7, 31, 0, 0, 12, 10, 65536, 1, 16, 0, (0) x 8)); }
  elsif ($opcode == 3) { ($error, $body) = (0, pack("QL2", 0, 0, 0) . $attributes); }
  elsif ($opcode == 27) { ($error, $body) = (0, pack("QL2", 1, 0, 0)); }
  elsif ($opcode == 28 || $opcode == 29) { $error = 0; }
  elsif ($opcode == 1) { $error = -2; }
  syswrite($fuse, pack("LlQ", 16 + length $body, $error, $unique) . $body);
}
`;

export async function mountDeafVolume(workspace: Workspace, name: string): Promise<DeafVolume> {
  const target = path.join(workspace.dir, name);
  const logFile = path.join(workspace.dir, `${name}.log`);
  await mkdir(target);
  const child = await startChild({ command: "perl", args: ["-e", server, target], logFile });
  const says = (word: string): Promise<unknown> =>
    waitFor(`the volume to be ${word}`, async () => {
      const text = await readFile(logFile, "utf8");
      if (child.hasEnded()) throw new Error(`the server of ${name} ended: ${text}`);
      return text.includes(word);
    });
  await says("mounted");
  return {
    path: target,
    goDeaf: async () => {
      process.kill(child.pid, "SIGUSR1");
      await says("deaf");
    },
    holds: async (pid) => (await readFile(`/proc/${pid}/stack`, "latin1")).includes("fuse"),
    end: () => child.kill(),
    [Symbol.asyncDispose]: async () => {
      await child.kill();
      await run("umount", ["-l", target]).catch(() => undefined);
    },
  };
}
