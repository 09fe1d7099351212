/** The parts of the configuration that say what the machine must have. */
export interface MachineNeeds {
  readonly defaultRuntime: string;
  readonly runtimes: Readonly<Record<string, { readonly path: string; readonly cniConfDir: string }>>;
  readonly monitor: { readonly path: string };
  readonly cni: { readonly confDir: string; readonly binDirs: readonly string[] };
  readonly images: { readonly signaturePolicy: string };
}
