import { badBandwidth } from "./faults.ts";

/** Rates in bits a second and bursts in bits, as the `bandwidth` capability has them. */
export interface Bandwidth {
  readonly ingressRate?: number;
  readonly ingressBurst?: number;
  readonly egressRate?: number;
  readonly egressBurst?: number;
}

const ingressAnnotation = "kubernetes.io/ingress-bandwidth";
const egressAnnotation = "kubernetes.io/egress-bandwidth";
/** The bounds that Kubernetes sets. */
const leastRate = 1_000;
const mostRate = 1_000_000_000_000_000;
/** No burst is asked for by an annotation: the largest that the bandwidth plugin takes. */
const burstBits = 4_294_967_295;

const quantityPattern = /^(\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,3})?$/;

const factorOfSuffix: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * The bandwidth limits that a pod's annotations ask for; undefined when there are none.
 *
 * @throws Fault `invalid` on a value that is no quantity, or one outside of 1k to 1P
 */
export function parseBandwidth(annotations: Readonly<Record<string, string>>): Bandwidth | undefined {
  const ingressRate = parseRate(annotations, ingressAnnotation);
  const egressRate = parseRate(annotations, egressAnnotation);
  if (ingressRate === undefined && egressRate === undefined) return undefined;
  return {
    ...(ingressRate === undefined ? {} : { ingressRate, ingressBurst: burstBits }),
    ...(egressRate === undefined ? {} : { egressRate, egressBurst: burstBits }),
  };
}

function parseRate(annotations: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = annotations[name];
  if (text === undefined) return undefined;
  const rate = parseQuantity(text);
  if (rate === undefined || rate < leastRate || rate > mostRate) throw badBandwidth(name, text);
  return rate;
}

/** A Kubernetes quantity, rounded up to a whole number; undefined when it is none. */
function parseQuantity(text: string): number | undefined {
  const [, digits, suffix = ""] = quantityPattern.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const factor = factorOfSuffix[suffix];
  return Math.ceil(factor === undefined ? Number(digits + suffix) : Number(digits) * factor);
}
