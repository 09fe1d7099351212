// canary src/pod/unused-file.ts: files
export const four = 4;
