import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { Fault } from "#foundation";
import { ArchiveFormat } from "#proto/crisp/v1/admin_pb.js";
import type { OpenSession } from "../command.ts";

interface Flags {
  readonly output: string;
  readonly format: keyof typeof formats;
}

const formats = { oci: ArchiveFormat.OCI, docker: ArchiveFormat.DOCKER } as const;

/** crispd opens the standard output of this program by this name: the archive never passes through here. */
const standardOutput: string = `/proc/${process.pid}/fd/1`;

/** `crisp image export` writes images into an archive: only a crispd on the same machine can. */
export function declareExport(command: Command, open: OpenSession): void {
  command
    .argument("<images...>", "images by name, id or digest; one that is named by a tag has that name in the archive")
    .requiredOption("-o, --output <file>", "file to write, which appears when it is whole; -: standard output")
    .addOption(
      new Option("--format <format>", "an OCI layout, or what docker save writes")
        .choices(Object.keys(formats))
        .default("oci"),
    );
  command.action(async (images: readonly string[], { output, format }: Flags) => {
    const { admin, terminal, console, acting } = await open();
    const inPlace = output === "-";
    if (inPlace && console.size() !== undefined) {
      throw new Fault("invalid", "standard output is a terminal: name a file with -o, or lead it into one");
    }
    const request = {
      images: [...images],
      path: inPlace ? standardOutput : resolve(output),
      inPlace,
      format: formats[format],
    };
    const { images: exported } = await admin.exportImages(request, acting(0));
    for (const { id, names } of exported) {
      const lines = names.length === 0 ? [id] : names.map((name) => `${name} ${id}`);
      const said = lines.map((line) => `Exported: ${line}\n`).join("");
      await (inPlace ? terminal.writeError(said) : terminal.write(said));
    }
  });
}
