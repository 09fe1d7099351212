import { rename } from "node:fs/promises";
import type { Check } from "../check.ts";
import { expectSame, expectThat } from "../expect.ts";
import { idle } from "../workbench.ts";

const longLine = 40_000;

/** Logs, as files in CRI's format. */
export const logChecks: readonly Check[] = [
  {
    name: "log: has every line, by stream and in order",
    run: async (bench) => {
      const script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; echo problem >&2; printf tail";
      const container = await bench.startAlone(script);
      await bench.exited(container);
      const lines = await bench.readLog(container.logPath);
      const out = lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
      const wanted = Array.from({ length: 2_000 }, (_, index) => `line ${index}`);
      // Whether a last line without a newline is told as a whole one differs among servers.
      expectSame("the standard output", out.slice(0, 2_000).join("\n"), wanted.join("\n"));
      expectSame("the standard error", lines.find(({ stream }) => stream === "stderr")?.text, "problem");
    },
  },
  {
    name: "log: keeps a long line together",
    run: async (bench) => {
      const container = await bench.startAlone(`head -c ${longLine} /dev/zero | tr '\\0' x; echo`);
      await bench.exited(container);
      const [line] = await bench.readLog(container.logPath);
      expectSame("its length", line?.text.length, longLine);
    },
  },
  {
    name: "log: goes on in a new file when it is reopened",
    run: async (bench) => {
      const container = await bench.startAlone(
        "echo before; read x </dev/null; while [ ! -e /go ]; do sleep 0.1; done; echo after",
      );
      await bench.hasWritten(container, "before");
      await rename(container.logPath, `${container.logPath}.old`);
      await bench.client.reopenContainerLog({ containerId: container.id });
      await bench.execSync(container, ["touch", "/go"]);
      await bench.exited(container);
      const texts = (await bench.readLog(container.logPath)).map(({ text }) => text);
      expectSame("the new file", texts.join("\n"), "after");
      expectSame(
        "the old file",
        (await bench.readLog(`${container.logPath}.old`)).map(({ text }) => text).join("\n"),
        "before",
      );
    },
  },
  {
    name: "log: is whole when the container's end is told",
    run: async (bench) => {
      const container = await bench.startAlone(`${idle.replace("exit 0", "seq 1 3000; exit 0")}`);
      await bench.hasWritten(container, "ready");
      await bench.client.stopContainer({ containerId: container.id, timeout: 30n });
      const lines = await bench.readLog(container.logPath);
      expectThat(lines.at(-1)?.text === "3000", `its last line is ${JSON.stringify(lines.at(-1)?.text)}`);
    },
  },
];
