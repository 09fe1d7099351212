import { writeFile } from "node:fs/promises";
import path from "node:path";
import { startChild } from "./child.ts";
import { type CniSetup, cniBinDir } from "./cni.ts";
import { waitForServer } from "./cri-server.ts";
import { directoryIn, type Workspace } from "./workspace.ts";

export interface ContainerdOptions {
  readonly cni: CniSetup;
  /** Image of the process that each of its sandboxes has. */
  readonly sandboxImage: string;
}

/** The machine's containerd, to compare with. */
export interface Containerd extends AsyncDisposable {
  readonly socketPath: string;
  pid(): number;
}

/** Starts containerd with a root, a state and a socket of its own; ready when this returns. */
export async function startContainerd(workspace: Workspace, options: ContainerdOptions): Promise<Containerd> {
  const dir = await directoryIn(workspace, "containerd");
  const socketPath = path.join(dir, "c.sock");
  const config = path.join(dir, "config.toml");
  await writeFile(config, configFor(dir, socketPath, options));
  const child = await startChild({
    command: "containerd",
    args: ["--config", config],
    logFile: path.join(dir, "containerd.log"),
  });
  await waitForServer({ socketPath, child });
  return { socketPath, pid: () => child.pid, [Symbol.asyncDispose]: () => child.stop() };
}

/** CRI on its defaults, but for paths, and what a machine without AppArmor or CAP_SYS_RESOURCE needs. */
function configFor(dir: string, socketPath: string, options: ContainerdOptions): string {
  return `version = 2
root = "${dir}/root"
state = "${dir}/state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]
[grpc]
address = "${socketPath}"
[ttrpc]
address = "${socketPath}.ttrpc"
[plugins."io.containerd.grpc.v1.cri"]
disable_apparmor = true
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
sandbox_image = "${options.sandboxImage}"
stream_server_address = "127.0.0.1"
stream_server_port = "0"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${cniBinDir}"
conf_dir = "${options.cni.confDir}"
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
Root = "${dir}/runc"
`;
}
