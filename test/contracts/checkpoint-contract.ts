import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "#foundation";
import type { CheckpointRequest, ContainerHandle, OciRuntime } from "#runtime";
import { forever, type RuntimeUnderTest, sigkill, started } from "./runtime-under-test.ts";

/** What every form of {@link OciRuntime} promises of checkpoints, whether it has any or not. */
export function checkpointContract(under: () => RuntimeUnderTest): void {
  describe("checkpoint", () => {
    let directory = "";
    let wasStill = "";

    beforeEach(async () => {
      directory = await mkdtemp(path.join(tmpdir(), "crisp-checkpoint-"));
    });

    afterEach(() => rm(directory, { recursive: true }));

    const request = (runtime: OciRuntime, container: ContainerHandle): CheckpointRequest => ({
      imageDirectory: directory,
      workDirectory: directory,
      whileStill: async () => {
        wasStill = await runtime.inspect(container);
      },
    });

    it("checkpoint() lets the container run on, whether there can be one or not", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);
      wasStill = "paused";

      const outcome = await runtime.checkpoint(container, request(runtime, container)).then(
        () => "written",
        (error: unknown) => Fault.from(error).kind,
      );

      expect(["written", "unsupported", "unavailable", "broken"]).toContain(outcome);
      expect(wasStill).toBe("paused");
      expect(await runtime.inspect(container)).toBe("running");
      const { exitCode } = await runtime.execSync(container, { command: ["/bin/true"], timeoutMs: 0 });
      expect(exitCode).toBe(0);
    });

    it("checkpoint() refuses a container that has ended", async () => {
      const { runtime } = under();
      const container = await started(under(), ["/bin/true"]);
      await runtime.observeExit(container);

      await expect(runtime.checkpoint(container, request(runtime, container))).rejects.toMatchObject({
        kind: "wrong-state",
      });
    });

    it("resume() is done where nothing stands still", async () => {
      const { runtime } = under();
      const container = await started(under(), forever);

      await runtime.resume(container);
      const running = await runtime.inspect(container);
      await runtime.kill(container, sigkill);
      await runtime.observeExit(container);
      await runtime.resume(container);

      expect(running).toBe("running");
    });
  });
}
