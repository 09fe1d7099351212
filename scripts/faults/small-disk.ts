import { rm } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { run } from "../../test/support/child.ts";
import { directoryIn, type Workspace } from "../../test/support/workspace.ts";

/** What crispd wants to be ready, twice; only what is written takes space on the machine's own disk. */
const sizeMib = 256;

/** The file system of crispd's root, which can be full, and its database, which can refuse. */
export interface SmallDisk extends AsyncDisposable {
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  /** Gives it back. Free already is success. */
  free(): Promise<void>;
  /** Lets the database refuse every change of a record. */
  refuseWrites(): void;
  allowWrites(): void;
}

/** Mounts a small file system where crispd will have its root. */
export async function mountRoot(workspace: Workspace): Promise<SmallDisk> {
  const root = await directoryIn(workspace, "crisp/root");
  const image = path.join(workspace.dir, "disk");
  await run("truncate", ["-s", `${sizeMib}M`, image]);
  await run("mkfs.ext4", ["-q", "-F", "-m", "0", "-O", "^has_journal", image]);
  await run("mount", ["-o", "loop", image, root]);
  const ballast = path.join(root, "ballast");
  const database = path.join(root, "crisp.db");
  return {
    fill: async () => {
      // More than there is: it takes what is left, and fails.
      const filled = await run("fallocate", ["-l", `${sizeMib}M`, ballast]).then(
        () => false,
        () => true,
      );
      if (!filled) throw new Error(`fill ${root}: it is larger than ${sizeMib} MiB`);
    },
    free: () => rm(ballast, { force: true }),
    refuseWrites: () => change(database, changes.map(refusal).join(";")),
    allowWrites: () => change(database, changes.map((name) => `DROP TRIGGER IF EXISTS refuse_${name}`).join(";")),
    [Symbol.asyncDispose]: async () => void (await run("umount", ["-l", root])),
  };
}

const changes = ["INSERT", "UPDATE", "DELETE"] as const;

function refusal(change: string): string {
  return `CREATE TRIGGER refuse_${change} BEFORE ${change} ON record BEGIN SELECT RAISE(ABORT, 'refused by a test'); END`;
}

function change(database: string, sql: string): void {
  const sqlite = new DatabaseSync(database);
  try {
    sqlite.exec(`PRAGMA busy_timeout = 5000; ${sql}`);
  } finally {
    sqlite.close();
  }
}
