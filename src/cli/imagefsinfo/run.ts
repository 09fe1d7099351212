import type { Command } from "commander";
import { type FilesystemUsage, ImageFsInfoResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import type { OpenSession } from "../command.ts";
import { formatFacts } from "../facts.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import { formatSize } from "../size.ts";
import { statusDocument } from "../status-document.ts";

/** `crisp imagefsinfo`: how much images and containers take of the disk. */
export function declareImageFsInfo(command: Command, open: OpenSession): void {
  declareOutput(command, ["json", "yaml", "table"]);
  command.action(async ({ output }: { readonly output: OutputFormat }) => {
    const { client, terminal, acting } = await open();
    const answer = await client.imageFsInfo({}, acting());
    if (output === "table") {
      const { containerFilesystems, imageFilesystems } = answer;
      await terminal.write(renderUsage("Container", containerFilesystems) + renderUsage("Image", imageFilesystems));
      return;
    }
    await printDocument(
      terminal,
      statusDocument({ status: messageToJson(ImageFsInfoResponseSchema, answer) }, {}),
      output,
    );
  });
}

function renderUsage(label: string, filesystems: readonly FilesystemUsage[]): string {
  const facts = filesystems.flatMap(({ timestamp, usedBytes, inodesUsed, fsId }, index) => [
    [`TimeStamp[${index}]`, String(timestamp)] as const,
    [`Disk[${index}]`, formatSize(usedBytes?.value ?? 0n)] as const,
    [`Inodes[${index}]`, String(inodesUsed?.value ?? 0n)] as const,
    [`Mountpoint[${index}]`, fsId?.mountpoint] as const,
  ]);
  return `${label} Filesystem\n${formatFacts(facts)}`;
}
