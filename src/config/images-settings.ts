import { directories, directoryOrNone, fileOrNone, flag, patterns, wholeNumber } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";
import type { ImagesConfig } from "./types.ts";

const day = 86_400;

/** The settings of `[images]`. */
export const imagesSettings: SettingsOf<ImagesConfig> = {
  maxConcurrentDownloads: {
    kind: wholeNumber(1, 64),
    fallback: 6,
    about: "connections that download layers at a time, over all pulls",
  },
  rangeMebibytes: {
    kind: wholeNumber(0, 1_024),
    fallback: 16,
    about: "size of the parts that a layer of at least two is fetched in, side by side; 0 fetches all as a whole",
  },
  maxRangesPerLayer: {
    kind: wholeNumber(1, 64),
    fallback: 4,
    about: "parts of one layer that are fetched at a time, where one connection is slow and others are free",
  },
  noProgressTimeoutSeconds: {
    kind: wholeNumber(1, day),
    fallback: 300,
    about: "how long a registry may send nothing before a pull is given up",
  },
  keepBlobs: {
    kind: flag,
    fallback: false,
    about: "keep the compressed layers after they are unpacked",
  },
  collectAfterSeconds: {
    kind: wholeNumber(1, day),
    fallback: 600,
    about: "how often layers that nobody needs are removed; those of a failed pull wait as long for the next try",
  },
  pinned: {
    kind: patterns,
    fallback: [],
    about: "images that kubelet never removes: names, or full names with * for anything",
  },
  signaturePolicy: {
    kind: fileOrNone,
    fallback: "",
    about: "policy.json that says which images may be used; empty lets in any",
  },
  signaturePolicyDir: {
    kind: directoryOrNone,
    fallback: "",
    about: "directory of NAMESPACE.json, policies that count instead for the pods of a namespace",
  },
  signatureLookasideDirs: {
    kind: directories,
    fallback: ["/etc/containers/registries.d"],
    about: "where files say in which places signatures are",
  },
};
