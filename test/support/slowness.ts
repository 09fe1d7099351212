/** How much longer tests on a real kernel may take than on a machine of our days: `make test-cgroup2` emulates one. */
export const slowness: number = Number(process.env["CRISP_TEST_SLOWNESS"] ?? 1);
