import { createHash } from "node:crypto";
import { join } from "node:path";
import { doneOnce } from "#foundation";
import type { Host } from "#host";
import { ensureProgram, quoteForShell } from "../own-program.ts";
import { maxEventBytes, maxKeptEvents, refusalNote } from "./event-spool.ts";

/** The one topic that counts; see `ShimEvents`. */
const oomTopic = "/tasks/oom";

/**
 * The program by which shims tell events that do not speak to a socket; it needs nobody who listens.
 *
 * It is run as `PROGRAM --address ADDRESS publish --topic TOPIC --namespace NAMESPACE`, with a google.protobuf.Any on
 * standard input, as containerd's own is. Shims keep its path with their containers, so it is never removed.
 *
 * @see https://github.com/containerd/containerd/blob/v2.1.4/cmd/containerd/command/publish.go
 */
export class PublishProgram {
  /** Where it is; made before the first use. */
  readonly path: () => Promise<string>;

  /** @param spool directory in which the events are put */
  constructor(host: Pick<Host, "files" | "processes">, directory: string, spool: string) {
    const text = scriptFor(spool);
    const name = createHash("sha256").update(text).digest("hex").slice(0, 12);
    this.path = doneOnce(async () => await ensureProgram(host, join(directory, `publish-${name}`), text));
  }
}

/**
 * POSIX shell, with programs of the coreutils, of which other events than the one that counts need a single one.
 *
 * Whatever becomes of an event, it is heard out: whoever tells it must not find nobody listening in the middle of it.
 * A name that is made from what it holds says the same thing once, however often it is told. What the writer is in the
 * middle of has its process's number, by which crisp knows whether it ever comes to its end.
 */
function scriptFor(spool: string): string {
  return `#!/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077
before= topic=
for word; do
  case $before in -topic | --topic) topic=$word ;; esac
  case $word in -topic=* | --topic=*) topic=\${word#*=} ;; esac
  before=$word
done
if [ "$topic" != ${oomTopic} ]; then
  exec cat >/dev/null
fi
if ! cd ${quoteForShell(spool)}; then
  cat >/dev/null
  exit 1
fi
half=.$$
trap 'rm -f "$half"; exit 1' HUP INT TERM
name=
if head -c ${maxEventBytes + 1} >"$half"; then
  name=$(sha256sum <"$half")
fi
cat >/dev/null
name=\${name%% *}
set -- *
if [ -n "$name" ] && [ ! -e "$name" ] && [ $# -ge ${maxKeptEvents} ]; then
  echo "dropped: $# events lie in $PWD that nobody has taken" >&2
  : >${refusalNote}
elif [ -n "$name" ] && mv -f "$half" "$name"; then
  exit 0
fi
rm -f "$half"
exit 1
`;
}
