import { create } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { expect, it } from "vitest";
import { ProcessDetailsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import { PidsResponseSchema } from "#proto/containerd/task/v3/task_pb.js";
import { anyOf } from "./any.ts";
import { decodeProcesses } from "./list-processes.ts";

it("tells which of a shim's processes are commands, and nothing of what it does not know to read", () => {
  const details = anyOf(ProcessDetailsSchema, { execId: "exec-1" });
  const broken = create(AnySchema, { ...details, value: Buffer.of(0xff) });
  const foreign = create(AnySchema, { typeUrl: "com.example.Details", value: details.value });
  const infos = [undefined, details, broken, foreign, anyOf(ProcessDetailsSchema, {})];

  const told = decodeProcesses(
    create(PidsResponseSchema, {
      processes: infos.map((info, index) => ({ pid: index + 1, ...(info === undefined ? {} : { info }) })),
    }),
  );

  expect(told).toEqual([{ pid: 1 }, { pid: 2, execId: "exec-1" }, { pid: 3 }, { pid: 4 }, { pid: 5 }]);
});
