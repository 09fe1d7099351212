// canary src/pod/silenced.ts: switches a gate off without a reason
// oxlint-disable-next-line no-console
export const four = 4;
