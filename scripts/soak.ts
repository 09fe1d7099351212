import { setTimeout as pause } from "node:timers/promises";
import { messageOf, together } from "#foundation";
import { removeAllPods } from "../test/support/cri-server.ts";
import { type Crispd, startCrispd } from "../test/support/crispd.ts";
import { compareHosts, type HostSnapshot, snapshotHost } from "../test/support/host-snapshot.ts";
import { buildImage } from "../test/support/image.ts";
import { type PushedImage, pushImage } from "../test/support/push.ts";
import { startRegistry } from "../test/support/registry.ts";
import { openWorkspace } from "../test/support/workspace.ts";
import { closeOnSignals } from "./lifetime/close-on-signals.ts";
import { asKubelet } from "./soak/as-kubelet.ts";
import { createDice, type Dice } from "./soak/dice.ts";
import { parseSoakOptions, type SoakOptions } from "./soak/options.ts";
import { livePod } from "./soak/pod-life.ts";
import { type Weight, weighAtRest } from "./soak/weigh.ts";

/** Growth of memory that is no leak. */
const allowedGrowth = 1.2;

/** One soak while it runs. */
interface Soak extends SoakOptions {
  readonly crispd: Crispd;
  readonly images: readonly [PushedImage, ...PushedImage[]];
  readonly workspace: Parameters<typeof startCrispd>[0];
  readonly counts: { pods: number; pulls: number; restarts: number };
  readonly dice: Dice;
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseSoakOptions(args);
  console.log(`soak of ${options.durationMs / 60_000} min by ${options.workers} workers, --seed ${options.seed}`);
  await using owned = new AsyncDisposableStack();
  const workspace = owned.use(await openWorkspace("s"));
  closeOnSignals(() => workspace.close());
  const registry = owned.use(await startRegistry(workspace));
  const images = [
    await pushImage(registry, "soak/one:1", buildImage()),
    await pushImage(registry, "soak/two:1", buildImage({ env: ["TWO=2"] })),
  ] as const;
  const crispd = owned.use(await startCrispd(workspace, { logLevel: "info" }));
  const counts = { pods: 0, pulls: 0, restarts: 0 };
  const soak: Soak = { ...options, crispd, images: [...images], workspace, counts, dice: createDice(options.seed) };
  const problems = await judge(soak);
  console.log(`${counts.pods} pods, ${counts.pulls} pulls, ${counts.restarts} restarts`);
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? "nothing was lost, and nothing is left" : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

/** Soaks in four parts: to warm up, without restarts, with them, and to warm up again; then compares. */
async function judge(soak: Soak): Promise<readonly string[]> {
  const share = (part: number): number => soak.durationMs * part;
  await work(soak, share(0.15));
  const host = await snapshotHost(soak.crispd.scope);
  const start = await rest(soak, "start");
  await work(soak, share(0.4));
  const later = await rest(soak, "without restarts");
  await together([(signal) => work(soak, share(0.3), signal), (signal) => restartAtRandom(soak, share(0.3), signal)]);
  await work(soak, share(0.15));
  const end = await rest(soak, "with restarts");
  await removeAllPods(soak.crispd.client);
  return [
    ...compareWeights("after load", start, later),
    ...compareWeights("after restarts", start, end),
    ...(await leftOf(soak, host)),
  ];
}

/** Lets the workers work for a time. What one of them finds wrong ends the soak, once the others have finished theirs. */
async function work(soak: Soak, durationMs: number, signal?: AbortSignal): Promise<void> {
  const until = performance.now() + durationMs;
  const worker = async (cut: AbortSignal): Promise<void> => {
    while (performance.now() < until && !cut.aborted) await (soak.dice.chance(0.15) ? pull(soak) : live(soak));
  };
  await together(
    Array.from({ length: soak.workers }, () => worker),
    signal,
  );
}

async function live({ crispd, images, workspace, counts, dice }: Soak): Promise<void> {
  counts.pods += 1;
  const [{ reference: image }] = images;
  await asKubelet("pull", () => crispd.client.pullImage({ image: { image } }));
  await livePod({ client: crispd.client, workspace, image, dice }, `p${counts.pods}`);
}

/** The image that no pod uses comes and goes. */
async function pull({ crispd, images, counts }: Soak): Promise<void> {
  counts.pulls += 1;
  const image = { image: images[1]?.reference ?? "" };
  await asKubelet("pull", () => crispd.client.pullImage({ image }));
  await asKubelet("remove image", () => crispd.client.removeImage({ image }));
}

/** Ends crispd now by a signal that it can answer, now by one that it cannot, at moments that nobody chose. */
async function restartAtRandom({ crispd, counts, dice }: Soak, durationMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + durationMs;
  while (performance.now() < until && !signal.aborted) {
    await pause(500 + dice.below(4_000));
    await (dice.chance(0.5) ? crispd.kill() : crispd.stop());
    await crispd.start();
    counts.restarts += 1;
  }
}

async function rest({ crispd }: Soak, when: string): Promise<Weight> {
  const weight = await weighAtRest(crispd.pid());
  console.log(`${when}: ${Math.round(weight.rssBytes / 1_048_576)} MiB, ${weight.descriptors} descriptors`);
  return weight;
}

function compareWeights(when: string, before: Weight, after: Weight): readonly string[] {
  const problems: string[] = [];
  if (after.rssBytes > before.rssBytes * allowedGrowth) {
    problems.push(`${when}: memory grew from ${before.rssBytes} to ${after.rssBytes} bytes`);
  }
  if (after.descriptors !== before.descriptors) {
    problems.push(`${when}: ${before.descriptors} descriptors became ${after.descriptors}`);
  }
  return problems;
}

async function leftOf({ crispd }: Soak, before: HostSnapshot): Promise<readonly string[]> {
  const difference = compareHosts(before, await snapshotHost(crispd.scope));
  return difference === "" ? [] : [`the host differs:\n${difference}`];
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`soak: ${messageOf(error)}`);
  process.exitCode = 1;
}
