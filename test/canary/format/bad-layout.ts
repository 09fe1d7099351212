// canary src/pod/bad-layout.ts: format
export const answer: number=42
