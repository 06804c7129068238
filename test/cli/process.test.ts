import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { manifestSchema } from "../../compiler/bundle/index.js";
import { bin } from "../built-cli.js";
import { temporaryFolder } from "../temporary-folder.js";
import { folderWith } from "./run-cli.js";

/** Many builds, so that there is time to interrupt. */
const SLOW = `import { arange, col, type Const, dot, kernel, load, type Ptr, row, store } from "tilescript";
export const product = kernel(({ x, out, N, W }: { x: Ptr<"bf16">; out: Ptr<"f32">; N: Const<"N">; W: Const<"W"> }) => {
  const at = col(arange(0, N)) * N + row(arange(0, N));
  store(out + at + W, dot(load(x + at), load(x + at)));
}, { builds: [16, 32, 64, 128].flatMap((N) => [1, 2, 4, 8].map((warps) => ({ constants: { N, W: warps }, warps }))) });
`;

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<Awaited<Started["ended"]>>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, output })),
  );
  return { child, ended };
}

const parentOf = (pid: string): number | undefined => {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
};

/** Processes below this one, in any depth. */
function descendants(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const below = (of: number): number[] =>
    parents.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

async function until<T>(get: () => T | undefined | false): Promise<T> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const value = get();
    if (value) return value;
    await sleep(20);
  }
  throw new Error("waited for 30 seconds");
}

const caches = () => ({ TILESCRIPT_CACHE: temporaryFolder("process-cache") });

test("Ctrl-C during a build ends with 130, ends the workers, and leaves nothing behind", async () => {
  const folder = folderWith({ "slow.kernel.ts": SLOW });
  const { child, ended } = start(
    ["build", join(folder, "slow.kernel.ts"), "--arch", "sm_90", "--out", join(folder, "bundle")],
    caches(),
  );
  const workers = await until(() => {
    const found = descendants(child.pid!);
    return found.length > 0 && found;
  });
  await sleep(300);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 130, output: "" });
  await until(() => workers.every((pid) => !existsSync(`/proc/${pid}`)));
  expect(readdirSync(folder)).toEqual(["slow.kernel.ts"]);
});

test("kill -9 at any time leaves the old bundle or a whole new one", async () => {
  const folder = folderWith({ "k.kernel.ts": SLOW });
  const out = join(folder, "bundle");
  const args = ["build", join(folder, "k.kernel.ts"), "--arch", "none", "--out", out];
  const env = caches();
  const began = performance.now();
  await start(args, env).ended;
  const whole = performance.now() - began;
  for (let round = 0; round < 6; round++) {
    writeFileSync(join(folder, "k.kernel.ts"), `${SLOW}// ${round}\n`);
    const { child, ended } = start(args, env);
    await sleep(whole * (0.5 + round * 0.1));
    child.kill("SIGKILL");
    await ended;
    if (!existsSync(out)) continue;
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")));
    for (const { file } of manifest.kernels.flatMap(({ ir }) => ir))
      expect(readFileSync(join(out, file.path)).length).toBe(file.bytes);
  }
  expect(await start(args, env).ended).toMatchObject({ code: 0 });
  expect(readdirSync(folder).sort()).toEqual(["bundle", "k.kernel.ts"]);
});

test("a reader that goes away ends the command quietly", async () => {
  const folder = folderWith({ "k.kernel.ts": SLOW });
  const { child, ended } = start(["print", join(folder, "k.kernel.ts"), "--stage", "ir"]);
  child.stdout!.destroy();
  expect(await ended).toMatchObject({ code: 0, output: "" });
});

test("typed errors show no stack; --verbose does", async () => {
  const plain = await start(["check", "nowhere.ts"]).ended;
  expect(plain).toMatchObject({ code: 1 });
  expect(plain.output).not.toMatch(/^\s+at /m);
  expect((await start(["check", "nowhere.ts", "--verbose"]).ended).output).toMatch(/^\s+at /m);
});

test("--help is there at once", async () => {
  // Beside Node alone, since the machine may be busy: it takes 2.5 times as long, with the compiler 20 times.
  const times = { node: [] as number[], help: [] as number[] };
  const commands = { node: ["--eval", "0"], help: [bin, "--help"] };
  for (let round = 0; round < 5; round++)
    for (const name of ["node", "help"] as const) {
      const began = performance.now();
      await new Promise((resolve) => spawn(process.execPath, commands[name], { stdio: "ignore" }).on("close", resolve));
      times[name].push(performance.now() - began);
    }
  expect(Math.min(...times.help)).toBeLessThan(8 * Math.min(...times.node));
});
