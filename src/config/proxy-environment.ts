import type { ProxyEnvironment } from "#spec";

/** The proxy variables that the process was started with, in capitals or else in small letters. */
export function readProxyEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): ProxyEnvironment {
  const read = (name: string): string => env[name] || env[name.toLowerCase()] || "";
  return { httpProxy: read("HTTP_PROXY"), httpsProxy: read("HTTPS_PROXY"), noProxy: read("NO_PROXY") };
}
