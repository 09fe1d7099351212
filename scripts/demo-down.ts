import { messageOf } from "#foundation";
import { clientOf, removeAllPods } from "../test/support/cri-server.ts";
import { workspaceOf } from "../test/support/workspace.ts";
import { forgetDemo, type KeptDemo, listKeptDemos } from "./demo/kept.ts";

/** Ends every demo that was left running, and takes back all it had on the host. */
async function main(): Promise<void> {
  const demos = await listKeptDemos();
  if (demos.length === 0) console.log("demo: none is running");
  for (const demo of demos) {
    await removePods(demo);
    await workspaceOf(demo).close();
    await forgetDemo(demo);
    console.log(`demo: ${demo.dir} and all that belonged to it is gone`);
  }
}

/** Through the daemon, so that the network's plugins take back what they gave; without it, by force later. */
async function removePods({ socketPath, dir }: KeptDemo): Promise<void> {
  const client = clientOf(socketPath);
  try {
    await removeAllPods(client);
  } catch (error) {
    console.error(`demo: the daemon of ${dir} does not help (${messageOf(error)}); taking everything back by force`);
  } finally {
    client.close();
  }
}

await main();
