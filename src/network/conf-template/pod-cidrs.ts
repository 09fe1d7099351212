import { isIP } from "node:net";
import { badPodCidr } from "../faults.ts";
import type { TemplateValue } from "./render-template.ts";

/** A node has one of each family; what is far beyond that is a mistake. */
const maxCidrs = 16;

/**
 * What a template may say about the node's ranges of pod addresses, which kubelet gives as one text with commas: the
 * first of them, all of them, and a default route for each of their families.
 *
 * @throws Fault `invalid` on what is no range
 */
export function fieldsOfPodCidrs(podCidrs: string): Readonly<Record<string, TemplateValue>> {
  const ranges = podCidrs.split(",").map((cidr) => cidr.trim());
  if (ranges.length > maxCidrs) throw badPodCidr(podCidrs.slice(0, 256));
  const families = new Set(ranges.map(familyOf));
  const routes = [...(families.has(4) ? ["0.0.0.0/0"] : []), ...(families.has(6) ? ["::/0"] : [])];
  return { PodCIDR: ranges[0] ?? "", PodCIDRRanges: ranges, Routes: routes };
}

function familyOf(cidr: string): 4 | 6 {
  const [ip = "", prefix = "", ...more] = cidr.split("/");
  const family = isIP(ip);
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
  if ((family === 4 || family === 6) && !ip.includes("%") && isPrefix && more.length === 0) return family;
  throw badPodCidr(cidr);
}
