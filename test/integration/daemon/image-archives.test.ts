import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { buildImage } from "../../support/image.ts";
import { pushImage } from "../../support/push.ts";
import { useDaemon } from "./daemon-fixture.ts";

const daemon = useDaemon();
const program = path.resolve(import.meta.dirname, "../../../bin/crisp");

/** Runs `crisp` in a shell, as a person does. */
function crisp(command: string): Promise<string> {
  const { crispd } = daemon();
  const words = `${program} -r unix://${crispd.socketPath} ${command}`;
  return run("bash", ["-c", `set -o pipefail; export CRI_CONFIG_FILE=/dev/null; ${words}`]);
}

test.each(["oci", "docker"])(
  "an image goes through a pipe into an archive and comes back the same: %s",
  async (format) => {
    const { client, registry, workspace } = daemon();
    const pushed = await pushImage(
      registry,
      `test/archive-${format}:1`,
      buildImage({ env: ["PATH=/bin", `A=${format}`] }),
    );
    await client.pullImage({ image: { image: pushed.reference } });
    const archive = path.join(workspace.dir, `${format}.tar`);

    await crisp(`image export -o - --format ${format} ${pushed.reference} | cat > ${archive}`);
    await client.removeImage({ image: { image: pushed.id } });
    const said = await crisp(`image import - < ${archive}`);

    expect(said).toBe(`Imported: ${pushed.reference} ${pushed.id}\n`);
    expect((await client.imageStatus({ image: { image: pushed.reference } })).image?.id).toBe(pushed.id);
    await client.removeImage({ image: { image: pushed.id } });
  },
);

test("an archive for a file says what is in it, and appears only when it is whole", async () => {
  const { busybox, workspace } = daemon();
  const archive = path.join(workspace.dir, "file.tar");

  expect(await crisp(`image export -o ${archive} ${busybox.reference}`)).toBe(
    `Exported: ${busybox.reference} ${busybox.id}\n`,
  );
  await expect(crisp(`image export -o ${archive}.no ${busybox.reference} nowhere:1`)).rejects.toThrow(
    /image nowhere:1: not on this node/,
  );
  await expect(readFile(`${archive}.no`)).rejects.toThrow(/ENOENT/);
});
