/** Works off a queue with a number of workers. */
export async function drain<T>(queue: readonly T[], workers: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = queue.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
