import { resolve } from "node:path";
import type { Command } from "commander";
import type { OpenSession } from "../command.ts";
import type { Session } from "../session.ts";

/** crispd opens the standard input of this program by this name: the archive never passes through here. */
const standardInput: string = `/proc/${process.pid}/fd/0`;

/** `crisp image import` takes images out of archives: only a crispd on the same machine can. */
export function declareImport(command: Command, open: OpenSession): void {
  command.argument(
    "<files...>",
    "archives of docker save or of OCI layouts, plain or compressed; directories of OCI layouts; -: standard input",
  );
  command.action(async (files: readonly string[]) => {
    const session = await open();
    // One by one: each may fill the disk.
    for (const file of files) await importFile(session, file);
  });
}

async function importFile({ admin, terminal, acting }: Session, file: string): Promise<void> {
  const path = file === "-" ? standardInput : resolve(file);
  const { images } = await admin.importImages({ path }, acting(0));
  for (const { id, names } of images) {
    const lines = names.length === 0 ? [id] : names.map((name) => `${name} ${id}`);
    await terminal.write(lines.map((line) => `Imported: ${line}\n`).join(""));
  }
}
