import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { create, toBinary } from "@bufbuild/protobuf";
import { DeleteResponseSchema } from "#proto/containerd/task/v3/task_pb.js";
import { killLeft } from "./machine.ts";
import { serve } from "./serve.ts";
import { findOrStart } from "./start.ts";
import type { Telling } from "./tell.ts";

/**
 * A runtime as somebody else would write it: a shim whose pods are make-believe virtual machines, one process each, with
 * the containers as processes "inside". Nothing of crisp's but its copy of the protocol is used.
 */
async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    // One dash is how Go's programs take their flags.
    args: argv.map((argument) => argument.replace(/^-(?=[a-z])/, "--")),
    allowPositionals: true,
    options: {
      protocol: { type: "string", default: "ttrpc" },
      "tells-by": { type: "string", default: "socket" },
      namespace: { type: "string" },
      id: { type: "string", default: "" },
      address: { type: "string", default: "" },
      "publish-binary": { type: "string", default: "" },
      bundle: { type: "string", default: "" },
      v: { type: "boolean", default: false },
    },
  });
  const protocol = values.protocol === "grpc" ? "grpc" : "ttrpc";
  const telling: Telling = {
    by: values["tells-by"] === "program" ? "program" : "socket",
    address: values.address,
    program: values["publish-binary"],
  };
  if (values.v) process.stdout.write("machine-shim:\n  Version:  1.0.0\n");
  else if (positionals[0] === "start") {
    const socketPath = await findOrStart({
      protocol,
      directory: path.dirname(values.address),
      group: await groupOf(values.id),
      telling,
    });
    process.stdout.write(JSON.stringify({ version: 3, address: `unix://${socketPath}`, protocol }));
  } else if (positionals[0] === "delete") {
    await killLeft(values.bundle);
    process.stdout.write(toBinary(DeleteResponseSchema, create(DeleteResponseSchema, { exitStatus: 137 })));
  } else if (positionals[0] === "serve") await serve(protocol, positionals[1] ?? "", telling);
  else throw new Error(`no such act: ${positionals.join(" ")}`);
}

/** Containers of one pod share a machine. */
async function groupOf(id: string): Promise<string> {
  const { annotations } = JSON.parse(await readFile("config.json", "utf8")) as { annotations?: Record<string, string> };
  return annotations?.["io.kubernetes.cri.sandbox-id"] ?? id;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
