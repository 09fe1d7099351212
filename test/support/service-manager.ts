import { readFile } from "node:fs/promises";
import path from "node:path";
import { startChild } from "./child.ts";
import { waitFor } from "./wait-for.ts";
import { directoryIn, type Workspace } from "./workspace.ts";

/** What a daemon sees of systemd: the socket that it tells its state to. */
export interface ServiceManager extends AsyncDisposable {
  readonly socketPath: string;
  /** Every message so far, one an element. */
  messages(): Promise<readonly string[]>;
  /** Waits until a message begins so; one that came before counts. */
  hears(beginning: string, count?: number): Promise<void>;
}

/** Node has no unix sockets of datagrams: perl receives, and writes one line a message. */
const receiver = `
use strict; use warnings; use IO::Socket::UNIX; use Socket;
$| = 1;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die "bind: $!";
print "listening\\n";
while (defined $socket->recv(my $message, 4096)) { $message =~ s/\\n/ /g; print "$message\\n"; }
`;

export async function startServiceManager(workspace: Workspace, name: string): Promise<ServiceManager> {
  const directory = await directoryIn(workspace, `manager-of-${name}`);
  const socketPath = path.join(directory, "notify");
  const logFile = path.join(directory, "received");
  const child = await startChild({ command: "perl", args: ["-e", receiver, socketPath], logFile });
  const messages = async (): Promise<readonly string[]> => (await readFile(logFile, "utf8")).split("\n").slice(1, -1);
  await waitFor("the service manager's socket", async () => (await readFile(logFile, "utf8")).includes("listening"));
  return {
    socketPath,
    messages,
    hears: async (beginning, count = 1) => {
      await waitFor(`${count} × ${beginning} at the service manager`, async () => {
        return (await messages()).filter((message) => message.startsWith(beginning)).length >= count;
      });
    },
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

/**
 * A command that opens a listening socket as descriptor 3, as systemd does for
 * a .socket unit, and becomes the command that it is given.
 */
export function socketPassing(socketPath: string): readonly string[] {
  const program = `
use strict; use warnings; use IO::Socket::UNIX; use POSIX (); use Fcntl;
my $path = shift @ARGV;
unlink $path;
my $socket = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => $path, Listen => 128) or die "listen: $!";
chmod 0600, $path;
POSIX::dup2(fileno($socket), 3) == 3 or die "dup2: $!";
open(my $passed, "+<&=", 3) or die "open: $!";
fcntl($passed, F_SETFD, 0);
$ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDS} = 1;
exec @ARGV or die "exec: $!";
`;
  return ["perl", "-e", program, socketPath];
}
