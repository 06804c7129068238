import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { bin } from "../built-cli.js";
import { folderWith } from "./run-cli.js";

const folder = folderWith({
  "k.kernel.ts": `import { kernel, load, type Ptr, store } from "tilescript";
export const twice = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, load(x) * 2));
`,
  "fine.ts": `import * as kernels from "./k.kernel.js";\nconsole.log(kernels.twice.kind);\n`,
  "called.ts": `import { twice } from "./k.kernel.js";\ntwice({ x: 1 });\n`,
  "top.ts": "await new Promise(() => {});\n",
  "main.ts": "export async function main() {\n  await new Promise(() => {});\n}\n",
});

const run = (script: string, env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [bin, "run", "--device", "cpu", script], {
    cwd: folder,
    encoding: "utf8",
    timeout: 120_000,
    env: { ...process.env, NO_COLOR: "1", ...env },
  });

it.each([
  ["top.ts", "its top-level await"],
  ["main.ts", "main()"],
])("a program that waits for what never comes says so: %s", (script, what) => {
  const { status, stderr } = run(script);
  expect(stderr).toContain(`error: ${script}: the program ended while ${what} was still pending\n`);
  expect(status).toBe(1);
});

// Folders in /proc: Node's own recursive mkdir never comes back there.
it.each(["/proc/nowhere/cache", "/dev/null/cache"])(
  "a cache that cannot be written to costs a warning: %s",
  (cache) => {
    const { status, stdout, stderr } = run("fine.ts", { TILESCRIPT_CACHE: cache });
    expect(stderr).toMatch(/^warning: the kernel cache in .* cannot be written to .* Set TILESCRIPT_CACHE .*\n$/);
    expect([stdout, status]).toEqual(["kernel\n", 0]);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith("tilescript-cache-"))).toEqual([]);
  },
);

it("with no place for temporary files either, the variable to set is named", () => {
  const { status, stderr } = run("fine.ts", { TILESCRIPT_CACHE: "/proc/nowhere", TMPDIR: "/nowhere" });
  expect(stderr).toMatch(/nor can the temporary folder \/nowhere \(ENOENT\)\nhint: Set TILESCRIPT_CACHE/);
  expect(status).toBe(1);
});

it("a kernel that is called like a function is told how it is launched", () => {
  const { status, stderr } = run("called.ts");
  expect(stderr).toMatch(/^error: twice is a kernel, .*\nhint: .*twice\.launch\(/);
  expect(status).toBe(1);
});

it.each(["bun", "deno"])("another runtime, which has no module hooks, is told what works there: %s", (name) => {
  const versions = `Object.defineProperty(process, "versions", { value: { ...process.versions, ${name}: "1" } })`;
  const { status, stderr } = run("fine.ts", {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(versions)}`,
  });
  expect(stderr).toMatch(
    /imports kernels, .* (?:Bun|Deno) has no module hooks .*\nhint: Run it with node, or build a bundle/,
  );
  expect(status).toBe(1);
});
