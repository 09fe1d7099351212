import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { bundleMachineShim, installMachineShim } from "../../support/machine-shim.ts";
import { useDaemon } from "./daemon-fixture.ts";

/** A daemon for the tests of a file whose pods are machines of the test shim; `options` are more lines of the handler. */
export async function useMachineDaemon(options = ""): Promise<ReturnType<typeof useDaemon>> {
  const directory = await mkdtemp(path.join(tmpdir(), "crisp-machines-"));
  const program = await installMachineShim(await bundleMachineShim(), directory);
  afterAll(() => rm(directory, { recursive: true }));
  return useDaemon({
    config: `default_runtime = "machine"

[runtimes.machine]
type = "shim"
path = "${program}"
sandboxer = "shim"
${options}`,
  });
}
