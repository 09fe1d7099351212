import type { RecordedObject } from "#proto/crisp/v1/admin_pb.js";

/** What crisp does next about an object by itself, and what it waits for, by kind and phase. */
const nextByPhase: Readonly<Record<string, string>> = {
  "sandbox creating": "crispd is making it; when a step fails, it takes back what it made",
  "sandbox ready": "nothing is left to do: it runs until kubelet stops it",
  "sandbox stopping":
    "crispd tries by itself to give back the rest, at first after a second and then up to five minutes apart, and at each stop, remove or start of crispd",
  "sandbox stopped": "it holds nothing any more, and is kept until kubelet removes it",
  "container creating": "crispd is making it; when a step fails, it takes back what it made",
  "container created": "it waits for kubelet to start it",
  "container starting": "crispd is starting it; when a step fails, it ends with exit code 128",
  "container running": "crispd waits for its end, however long crispd itself is away",
  "container exited": "its files are kept until kubelet removes it; whether another is started is kubelet's decision",
};

/** What crisp will do next about an object. */
export function describeNext({ kind, phase }: RecordedObject): string {
  if (kind === "image")
    return "nothing until somebody asks for the image again; finished layers of a failed pull are kept for that";
  if (kind === "node") return "nothing: this is what the doctor has done";
  if (phase === "") return "nothing: it is gone, and with it all that it held";
  return nextByPhase[`${kind} ${phase}`] ?? "unknown: this crispd has a phase that this crisp does not know";
}
