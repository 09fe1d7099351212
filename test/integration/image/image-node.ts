import { readdir } from "node:fs/promises";
import path from "node:path";
import { createSystemClock, type LogFacts, type Logger, Stages, silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { createImages, type ImageOptions, type Images } from "#image";
import { openStore, type Store } from "#store";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

/** Images over a store in a directory of its own, as a daemon would open them. */
export interface ImageNode extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly host: Host;
  readonly root: string;
  readonly store: Store;
  readonly images: Images;
  /** Warnings so far. */
  readonly warnings: readonly string[];
  /** Everything under the root that is no directory of the store's own and not the database, sorted. */
  files(): Promise<readonly string[]>;
  /** Ends images and store, and opens them again over the same directory. */
  reopen(options?: ImageOptions): Promise<ImageNode>;
  close(): Promise<void>;
}

const quick: ImageOptions = { retryDelayMs: 5, connectTimeoutMs: 2_000 };

export async function openImageNode(options: ImageOptions = {}): Promise<ImageNode> {
  const workspace = await openWorkspace("im");
  return openIn(workspace, options);
}

async function openIn(workspace: Workspace, options: ImageOptions): Promise<ImageNode> {
  const root = path.join(workspace.dir, "root");
  const warnings: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (message: string, facts?: LogFacts) => void warnings.push(describe(message, facts)),
  };
  const host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
  const store = await openStore({ directory: root, host, logger });
  const images = await createImages(
    { ...quick, ...options },
    { host, store, logger, stages: new Stages(createSystemClock(), []) },
  );
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= images.close().then(() => store.close());
    return closing;
  };
  return {
    workspace,
    host,
    root,
    store,
    images,
    warnings,
    files: () => contentFiles(root),
    close,
    reopen: async (changed = {}) => {
      await close();
      return openIn(workspace, { ...options, ...changed });
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await workspace.close();
    },
  };
}

/** The directories that are always there. */
const ownDirectories = new Set(["blobs", "blobs/ingest", "blobs/sha256", "empty", "layers", "mapped", "snapshots"]);

async function contentFiles(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true });
  return found.filter((name) => !ownDirectories.has(name) && !name.startsWith("crisp.db")).toSorted();
}

function describe(message: string, facts: LogFacts | undefined): string {
  const error = facts?.["error"];
  return error instanceof Error ? `${message}: ${error.message}` : message;
}
