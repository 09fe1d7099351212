import { readFileSync } from "node:fs";
import type { TarEntry } from "./tar.ts";

/** The machine's statically linked busybox: the only program that test images need. */
const busyboxPath = "/bin/busybox";

const applets = [
  "sh",
  "ash",
  "cat",
  "chmod",
  "cp",
  "date",
  "dd",
  "df",
  "echo",
  "env",
  "false",
  "free",
  "grep",
  "head",
  "hostname",
  "httpd",
  "id",
  "ip",
  "kill",
  "ln",
  "ls",
  "mkdir",
  "mount",
  "mv",
  "nc",
  "nslookup",
  "ping",
  "printf",
  "ps",
  "pwd",
  "readlink",
  "rm",
  "seq",
  "sleep",
  "sort",
  "stat",
  "sync",
  "tail",
  "test",
  "top",
  "touch",
  "true",
  "tty",
  "umount",
  "uname",
  "wc",
  "wget",
  "whoami",
  "yes",
] as const;

/** A root file system of busybox, a link for each of its commands, and the few files that programs expect. */
export function busyboxLayer(): readonly TarEntry[] {
  return [
    ...["bin", "etc", "root", "tmp", "var", "www"].map((path) => directory(path)),
    { path: "bin/busybox", kind: "file", body: readFileSync(busyboxPath) },
    ...applets.map((name): TarEntry => ({ path: `bin/${name}`, kind: "symlink", target: "busybox" })),
    file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000:web:/www:/bin/sh\n"),
    file("etc/group", "root:x:0:\nweb:x:1000:\n"),
  ];
}

/** A regular file of mode 0644. */
export function file(path: string, body: string): TarEntry {
  return { path, kind: "file", body, mode: 0o644 };
}

/** A directory of mode 0755. */
export function directory(path: string): TarEntry {
  return { path, kind: "directory", mode: path === "tmp" ? 0o1777 : 0o755 };
}
