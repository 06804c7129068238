import { join } from "node:path";
import { expect, test } from "vitest";
import { cli, folderWith } from "./run-cli.js";

const KERNEL = `import { arange, type Int, kernel, load, type Ptr, store } from "tilescript";
export const twice = kernel(({ x, n }: { x: Ptr<"f32">; n: Int }) => {
  const i = arange(0, 512);
  store(x + i, load(x + i, { mask: i < n }) * 2, { mask: i < n });
});
`;

test("--explain says of each variant what its lines became", async () => {
  const folder = folderWith({ "twice.kernel.ts": KERNEL });
  const { code, stdout } = await cli("check", "--explain", "--arch", "sm_90", folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^✓ 1 kernel in 1 file/);
  expect(stdout.slice(stdout.indexOf("\n\n") + 2).replace(/\(.*twice/, "(twice")).toBe(`\
twice (twice.kernel.ts:2) sm_90, 4 warps, 3 stages
  x, n multiples of 16
    4  load    1 × ld.global of 16 bytes
    4  store   1 × st.global of 16 bytes
  x a multiple of 16
    4  load    4 × ld.global of 4 bytes
    4  store   4 × st.global of 4 bytes
  any arguments
    4  load    4 × ld.global of 4 bytes
    4  store   4 × st.global of 4 bytes
`);
}, 120_000);

test("what is wrong is told before anything is compiled, and --arch means nothing without --explain", async () => {
  const folder = folderWith({ "twice.kernel.ts": KERNEL.replace("i < n", "i") });
  const { code, stdout } = await cli("check", "--explain", join(folder, "twice.kernel.ts"));
  expect([code, stdout.includes("multiples of 16")]).toEqual([1, false]);
  expect(stdout).toContain("TS-K");
  expect(await cli("check", "--arch", "sm_90", folder)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--arch was given without --explain"),
  });
});
