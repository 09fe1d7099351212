import { dirname } from "node:path";
import type { TlsOptions as NodeTlsOptions, SecureContextOptions } from "node:tls";
import { createSecureContext } from "node:tls";
import type { Logger } from "#foundation";
import type { Files } from "#host";
import { cannotServe } from "../faults.ts";
import type { TlsOptions } from "../options.ts";
import { createSelfSigned } from "./self-signed.ts";

/** What the server proves itself with, and by what it judges its clients. */
export type CertificateOptions = Pick<SecureContextOptions, "cert" | "key" | "ca"> &
  Pick<NodeTlsOptions, "requestCert" | "rejectUnauthorized" | "minVersion">;

export interface Certificates {
  readonly current: CertificateOptions;
  /** Told of each change; sessions that run keep what they began with. */
  onChange(listener: (fresh: CertificateOptions) => void): void;
  close(): void;
}

/** Writers of certificates write several files; one look after the last is enough. */
const settleMs = 500;

/**
 * Reads the certificates, and reads them anew when their files change. Files
 * that do not fit together are left aside: the earlier ones stay in force.
 *
 * @throws Fault when the files cannot be read or used
 */
export async function openCertificates(
  options: TlsOptions,
  { files, logger }: { readonly files: Files; readonly logger: Logger },
): Promise<Certificates> {
  const load = await createLoader(options, files);
  let current = await load();
  const listeners: ((fresh: CertificateOptions) => void)[] = [];
  const reload = async (): Promise<void> => {
    try {
      current = await load();
      for (const listener of listeners) listener(current);
      logger.info("certificates of the streaming server were read anew");
    } catch (error) {
      logger.warn("certificates of the streaming server cannot be used; the earlier ones stay", { error });
    }
  };
  const watches = directoriesOf(options).map((directory) =>
    files.watchDirectory(directory, {
      settleMs,
      onChange: () => void reload(),
      onError: (error) => logger.warn("certificates cannot be watched", { directory, error }),
    }),
  );
  return {
    get current() {
      return current;
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => {
      for (const watch of watches) watch.close();
    },
  };
}

/** A loader that keeps a self-signed pair over reloads: only the clients' authority can change then. */
async function createLoader(options: TlsOptions, files: Files): Promise<() => Promise<CertificateOptions>> {
  const made = options.kind === "self-signed" ? createSelfSigned() : undefined;
  return async () => {
    try {
      const pair = options.kind === "pair" ? await readPair(options, files) : made;
      const { clientCaPath } = options;
      const clients =
        clientCaPath === undefined
          ? {}
          : { ca: await files.readText(clientCaPath), requestCert: true, rejectUnauthorized: true };
      const loaded: CertificateOptions = { ...pair, ...clients, minVersion: "TLSv1.2" };
      createSecureContext(loaded); // throws when key and certificate do not fit
      return loaded;
    } catch (error) {
      throw cannotServe("certificates", error);
    }
  };
}

async function readPair(
  { certificatePath, keyPath }: Extract<TlsOptions, { kind: "pair" }>,
  files: Files,
): Promise<Pick<CertificateOptions, "cert" | "key">> {
  const [cert, key] = await Promise.all([files.readText(certificatePath), files.readText(keyPath)]);
  return { cert, key };
}

/** Directories are watched, not files: they are replaced by renames, and in Kubernetes by links. */
function directoriesOf(options: TlsOptions): readonly string[] {
  const pair = options.kind === "pair" ? [options.certificatePath, options.keyPath] : [];
  const clients = options.clientCaPath === undefined ? [] : [options.clientCaPath];
  return [...new Set([...pair, ...clients].map((path) => dirname(path)))];
}
