// canary src/pod/optional-undefined.ts: TS2375
export const options: { readonly size?: number } = { size: undefined };
