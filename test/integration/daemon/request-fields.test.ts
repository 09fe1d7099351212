import { create, type Message } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { createAdminClient } from "#client";
import { messageOf } from "#foundation";
import {
  type ContainerConfig,
  ContainerConfigSchema,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { listRequestFields, type RequestField } from "../../support/request-fields.ts";
import { directoryIn } from "../../support/workspace.ts";
import { useDaemon } from "./daemon-fixture.ts";

const daemon = useDaemon();

const limits: readonly string[] = [
  "cpu_period",
  "cpu_quota",
  "cpu_shares",
  "cpuset_cpus",
  "cpuset_mems",
  "hugepage_limits.limit",
  "hugepage_limits.page_size",
  "memory_limit_in_bytes",
  "memory_swap_limit_in_bytes",
  "oom_score_adj",
  "unified",
];

/**
 * Fields that take effect in other places than config.json. A field that changes nothing there, is not refused and does
 * not stand here is one that nobody treats; one that stands here and need not is told too.
 */
const elsewhere: Readonly<Record<string, string>> = {
  "container.CDI_devices.name": "refused as a CDI device that is not there",
  "container.annotations": "kept for statuses; given to the runtime where the handler allows them",
  "container.image.annotations": "kept for statuses",
  "container.image.image_ref": "kept for statuses",
  "container.image.runtime_handler": "kept for statuses: all handlers have the same images",
  "container.labels": "kept for lists, filters and statuses",
  "container.linux.security_context.supplemental_groups_policy": "counts where the image's /etc/group names the user",
  "container.log_path": "of the monitor",
  "container.metadata.attempt": "part of the container's key",
  "container.mounts.selinux_relabel": "nothing to label on a machine without SELinux",
  "container.stdin": "of the monitor",
  "container.stdin_once": "of the monitor",
  "container.stop_signal": "of the stop",
  "sandbox.annotations": "kept for statuses; given to the runtime where the handler allows them",
  "sandbox.dns_config.options": "of the pod's resolv.conf",
  "sandbox.dns_config.searches": "of the pod's resolv.conf",
  "sandbox.dns_config.servers": "of the pod's resolv.conf",
  "sandbox.labels": "kept for lists, filters and statuses",
  ...Object.fromEntries(
    ["overhead", "resources"].flatMap((kind) =>
      limits.map((name) => [`sandbox.linux.${kind}.${name}`, "noted: the pod's cgroup is its caller's"]),
    ),
  ),
  "sandbox.linux.security_context.seccomp.profile_type": "of the pause program, where the pod has one",
  "sandbox.linux.security_context.seccomp.localhost_ref": "of the pause program, where the pod has one",
  "sandbox.linux.security_context.privileged": "asks nothing of a sandbox without a program",
  "sandbox.linux.security_context.readonly_rootfs": "the pause program has never a writable file system",
  "sandbox.linux.security_context.run_as_user.value": "the pause program is always nobody",
  "sandbox.linux.security_context.run_as_group.value": "the pause program is always nobody",
  "sandbox.linux.security_context.supplemental_groups": "the pause program is always nobody",
  "sandbox.linux.security_context.supplemental_groups_policy": "the pause program is always nobody",
  "sandbox.metadata.attempt": "part of the sandbox's key",
};

test("every field of a pod and of a container changes config.json, is refused, or is known to count elsewhere", async () => {
  const { crispd, busybox, workspace } = daemon();
  const hostPath = await directoryIn(workspace, "volume");
  const request = {
    sandboxConfig: create(PodSandboxConfigSchema, {
      metadata: { name: "web", namespace: "default", uid: "u" },
      linux: { cgroupParent: workspace.cgroupParent },
    }),
    config: create(ContainerConfigSchema, {
      metadata: { name: "main" },
      image: { image: busybox.reference },
      command: ["run"],
      args: ["it"],
      mounts: [{ containerPath: "/data", hostPath }],
      devices: [{ containerPath: "/dev/some", hostPath: "/dev/full" }],
      envs: [{ key: "KEY", value: Buffer.from("value") }],
    }),
  };
  await using admin = openAdmin(crispd.socketPath);
  const explain = async (changed: Partial<typeof request>): Promise<string> =>
    (await admin.explainContainer({ ...request, ...changed })).configJson;
  const untreated: string[] = [];
  const judge = async (where: string, field: RequestField, of: (given: Message) => Partial<typeof request>) => {
    const base = "sandboxConfig" in of(request.config) ? request.sandboxConfig : request.config;
    const name = `${where}.${field.path}`;
    if (!(await isTreated(field, base, (given) => explain(of(given))))) untreated.push(name);
  };

  for (const field of listRequestFields(PodSandboxConfigSchema)) {
    await judge("sandbox", field, (given) => ({ sandboxConfig: given as PodSandboxConfig }));
  }
  for (const field of listRequestFields(ContainerConfigSchema)) {
    await judge("container", field, (given) => ({ config: given as ContainerConfig }));
  }

  expect(untreated.toSorted()).toEqual(Object.keys(elsewhere).toSorted());
});

/** Whether a field makes a difference to what a container would be given, or is refused by its name. */
async function isTreated(
  field: RequestField,
  request: Message,
  explain: (given: Message) => Promise<string>,
): Promise<boolean> {
  const changed = field.change(request);
  const outcome = await outcomeOf(explain(changed));
  if (outcome.refusal !== undefined) {
    return field.path.split(".").some((step) => outcome.refusal?.includes(step) === true);
  }
  const without = await outcomeOf(explain(field.clear(changed)));
  return outcome.document !== without.document;
}

/** What a container would be given; nothing, and why, when it is refused. */
async function outcomeOf(
  explained: Promise<string>,
): Promise<{ readonly document?: string; readonly refusal?: string }> {
  try {
    return { document: await explained };
  } catch (error) {
    return { refusal: messageOf(error) };
  }
}

function openAdmin(socketPath: string): ReturnType<typeof createAdminClient> & AsyncDisposable {
  const admin = createAdminClient({ endpoint: `unix://${socketPath}`, timeoutMs: 10_000 });
  return { ...admin, [Symbol.asyncDispose]: async () => admin.close() };
}
