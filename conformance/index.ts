export type { CheckResult } from "./verify/check.ts";
export { checkNames, type VerifyOptions, verify } from "./verify/verify.ts";
