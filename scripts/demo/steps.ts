import { busyboxLayer, directory, file } from "../../test/support/busybox.ts";
import { type Crispd, startCrispd } from "../../test/support/crispd.ts";
import { differencesOf, type HostScope, type HostSnapshot, snapshotHost } from "../../test/support/host-snapshot.ts";
import { buildImage } from "../../test/support/image.ts";
import { type PushedImage, pushImage } from "../../test/support/push.ts";
import { type Registry, startRegistry } from "../../test/support/registry.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import type { Workspace } from "../../test/support/workspace.ts";
import type { CrispCommand } from "./crisp-command.ts";
import { webPort, writeDocuments } from "./documents.ts";
import type { Narrator } from "./narrator.ts";

/** Where the demo plays. */
export interface Stage {
  readonly workspace: Workspace;
  readonly narrator: Narrator;
  /** Its processes live on when the demo ends. */
  readonly isKept: boolean;
}

/** The pod, once it runs. */
export interface DemoPod {
  readonly podId: string;
  readonly containerId: string;
  readonly pageUrl: string;
}

const page = "<h1>Hello from a pod that crisp runs.</h1>\n";

export function startDemoRegistry({ workspace, narrator, isKept }: Stage): Promise<Registry> {
  return narrator.step("Start a registry on loopback", async (say) => {
    const registry = await startRegistry(workspace, { isDetached: isKept });
    say(`docker-registry, process ${registry.pid()}, on http://${registry.host}`);
    return registry;
  });
}

export function pushDemoImage({ narrator }: Stage, registry: Registry): Promise<PushedImage> {
  return narrator.step("Build an image from this machine's busybox, and push it", async (say) => {
    const layers = [busyboxLayer(), [directory("www"), file("www/index.html", page)]];
    const pushed = await pushImage(registry, "demo/web:1", buildImage({ layers, workingDir: "/www" }));
    say(`${pushed.reference}, two layers`);
    return pushed;
  });
}

export function startDemoDaemon({ workspace, narrator, isKept }: Stage): Promise<Crispd> {
  return narrator.step("Start crispd with a root, a state and a network of its own", async (say) => {
    const crispd = await startCrispd(workspace, { isDetached: isKept });
    say(`process ${crispd.pid()}, on unix://${crispd.socketPath}`);
    say(`its pods are in ${workspace.subnet}, on the bridge ${workspace.bridge}`);
    return crispd;
  });
}

export function pullImage({ narrator }: Stage, crisp: CrispCommand, image: PushedImage): Promise<string> {
  return narrator.step("Pull the image through CRI", (say) => tell(crisp, say, ["pull", image.reference]));
}

export async function runPod(stage: Stage, crisp: CrispCommand, image: PushedImage): Promise<DemoPod> {
  const { narrator } = stage;
  const { pod, container } = await writeDocuments(stage.workspace, image.reference);
  const podId = await narrator.step("Run a pod on its own network", (say) => tell(crisp, say, ["runp", pod]));
  const containerId = await narrator.step("Create a container with a web server in it", (say) =>
    tell(crisp, say, ["create", podId, container, pod]),
  );
  await narrator.step("Start it", (say) => tell(crisp, say, ["start", containerId]));
  narrator.note(`$ crisp ps\n${(await crisp("ps")).output}`);
  return { podId, containerId, pageUrl: `http://${await findPodAddress(crisp, podId)}:${webPort}/` };
}

export function fetchPage({ narrator }: Stage, pod: DemoPod): Promise<void> {
  return narrator.step("Fetch the page from the pod's address", async (say) => {
    const body = await waitFor(`an answer from ${pod.pageUrl}`, () => fetchText(pod.pageUrl));
    if (body !== page) throw new Error(`fetch ${pod.pageUrl}: not the page that was built in: ${body}`);
    say(`GET ${pod.pageUrl}\n${body}`);
  });
}

export async function lookInside({ narrator }: Stage, crisp: CrispCommand, pod: DemoPod): Promise<void> {
  const script = "hostname; id -un; ip -4 -o addr show dev eth0; ps -o pid,args";
  await narrator.step("Run a command in the container", (say) =>
    tell(crisp, say, ["exec", "-s", pod.containerId, "sh", "-c", script]),
  );
  await narrator.step("Read its log", (say) => tell(crisp, say, ["logs", pod.containerId]));
}

export async function removePod({ narrator }: Stage, crisp: CrispCommand, pod: DemoPod): Promise<void> {
  await narrator.step("Stop the pod", (say) => tell(crisp, say, ["stopp", pod.podId]));
  await narrator.step("Remove it", (say) => tell(crisp, say, ["rmp", pod.podId]));
}

/** Compares the host with what it was before the pod; whatever is left is an error. */
export function showWhatIsLeft({ narrator }: Stage, scope: HostScope, before: HostSnapshot): Promise<void> {
  return narrator.step("Look at what is left of it on this machine", async (say) => {
    const left = Object.entries(differencesOf(before, await snapshotHost(scope)));
    for (const [kind, things] of left) say(`${kind.padEnd(18)} ${things.length === 0 ? "none" : things.join("\n")}`);
    if (left.some(([, things]) => things.length > 0)) throw new Error("something of the pod is left");
  });
}

/** Runs a command and tells it with its output, ids cut as people read them. */
async function tell(crisp: CrispCommand, say: (text: string) => void, words: readonly string[]): Promise<string> {
  const { output, calls } = await crisp(...words);
  say(`$ crisp ${words.map((word) => quote(shorten(word))).join(" ")}`);
  if (output !== "") say(shorten(output));
  for (const { method, durationMs } of calls) say(`(${method} took crispd ${Math.round(durationMs)} ms)`);
  return output;
}

function shorten(text: string): string {
  return text.replaceAll(/\b([\da-f]{13})[\da-f]{51}\b/g, "$1");
}

function quote(word: string): string {
  return /[^\w./:@=-]/.test(word) ? `'${word}'` : word;
}

async function findPodAddress(crisp: CrispCommand, podId: string): Promise<string> {
  const { output } = await crisp("inspectp", "-o", "json", podId);
  const answer = JSON.parse(output) as { status?: { network?: { ip?: string } } };
  const address = answer.status?.network?.ip;
  if (address === undefined || address === "") throw new Error(`pod ${podId} has no address`);
  return address;
}

/** Undefined while nobody listens yet: the server needs a moment after its container has started. */
async function fetchText(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return response?.text();
}
