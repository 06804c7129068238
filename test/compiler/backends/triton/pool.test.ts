import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  EnvironmentError,
  ensureEnvironment,
  type PythonEnvironment,
  ServiceClosedError,
  startTriton,
} from "../../../../compiler/backends/triton/index.js";
import { transpile } from "../../transpiled.js";
import { add, softmax } from "./kernels.js";

let environment: PythonEnvironment;
let code: ReturnType<typeof transpile>;
beforeAll(async () => {
  environment = await ensureEnvironment({ extras: ["model", "test"] });
  code = transpile(["backends/triton"]);
}, 900_000);
afterAll(() => code[Symbol.dispose]());

const hanging = { ...add, source: `${add.source}\nwhile True: pass\n` };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the Triton service", () => {
  it("starts no Python before the first job, and then one for each job at once up to its limit", async () => {
    const provide = vi.fn(async () => environment);
    using triton = await startTriton({ environment: provide, jobs: 2 });
    expect(provide).not.toHaveBeenCalled();
    expect(await triton.compile({ ...add, options: { num_warps: 3 } })).toMatchObject({ ok: false });
    expect(provide).not.toHaveBeenCalled();

    const archs = [80, 86, 89, 90, 100, 120];
    const workers = new Set<number>();
    const watch = setInterval(() => {
      for (const pid of childrenOf(process.pid)) workers.add(pid);
    }, 10);
    const results = await Promise.all(archs.map((arch) => triton.compile({ ...softmax, target: { arch } })));
    clearInterval(watch);
    expect(results.map(({ ok }) => ok)).toEqual(archs.map(() => true));
    expect(provide).toHaveBeenCalledTimes(1);
    expect(workers.size).toBe(2);
  });

  it("stops at once when a job is aborted, running or waiting, and goes on with the others", async () => {
    using triton = await startTriton({ environment, jobs: 1 });
    const [first, second] = [new AbortController(), new AbortController()];
    const running = triton.compile(hanging, { signal: first.signal });
    const waiting = triton.compile(add, { signal: second.signal });
    const third = triton.compile(add);
    setTimeout(() => second.abort(new Error("not wanted")), 300);
    await expect(waiting).rejects.toThrow("not wanted");
    first.abort();
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(await third).toMatchObject({ ok: true });
    await expect(triton.compile(add, { signal: first.signal })).rejects.toMatchObject({ name: "AbortError" });
  });

  it("rejects what is under way when it is closed, and leaves no process and no file", async () => {
    const triton = await startTriton({ environment, jobs: 1 });
    const jobs = Promise.allSettled([triton.compile(hanging), triton.compile(add)]);
    await vi.waitFor(() => expect(childrenOf(process.pid)).toHaveLength(1), 5000);
    await pause(300);
    triton.close();
    for (const job of await jobs)
      expect(job).toMatchObject({ status: "rejected", reason: expect.any(ServiceClosedError) });
    await expect(triton.compile(add)).rejects.toThrow(ServiceClosedError);
    await vi.waitFor(() => expect(childrenOf(process.pid)).toHaveLength(0), 5000);
  });

  it("says so when the environment is broken", async () => {
    using triton = await startTriton({ environment: { ...environment, python: "/bin/false" } });
    const error = await triton.compile(add).catch((one) => one);
    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({
      code: "broken",
      message: expect.stringContaining("Triton does not start in /bin/false"),
    });
  });

  it("ignores Triton's environment variables, which would change the cubin", async () => {
    using triton = await startTriton({ environment, jobs: 1 });
    const usual = await triton.compile(add);
    const before = { ...process.env };
    Object.assign(process.env, {
      TRITON_INTERPRET: "1",
      TRITON_DEFAULT_FP_FUSION: "0",
      PTXAS_OPTIONS: "--bogus",
      PYTHONPATH: "/nowhere",
    });
    try {
      using other = await startTriton({ environment, jobs: 1 });
      const strange = await other.compile(add);
      expect(usual.ok && strange.ok && usual.cubin?.equals(strange.cubin!)).toBe(true);
    } finally {
      process.env = before;
    }
  });
});

describe("a Node process with workers", () => {
  const program = (job: object, last: string) => `
import { startTriton } from "./compiler/backends/triton/index.js";
const triton = await startTriton({ environment: ${JSON.stringify(environment)}, jobs: 1 });
const result = triton.compile(${JSON.stringify(job)});
${last}`;

  async function run(text: string) {
    const file = join(code.folder, "program.js");
    writeFileSync(file, text);
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
      child.once("close", (exit, signal) => resolve(signal ?? exit)),
    );
    return { child, ended };
  }

  it("ends by itself when nothing is to do, closed or not", async () => {
    const { ended } = await run(program(add, "process.exitCode = (await result).ok ? 7 : 8;"));
    expect(await ended).toBe(7);
  });

  it.each(["SIGKILL", "SIGINT", "SIGTERM"] as const)("takes its workers along when it ends by %s", async (signal) => {
    const { child, ended } = await run(program(hanging, "await result;"));
    const worker = await vi.waitFor(() => {
      const [pid] = childrenOf(child.pid!);
      expect(pid).toBeDefined();
      return pid!;
    }, 10_000);
    const folder = workerFolder(worker);
    await pause(500);
    child.kill(signal);
    expect(await ended).toBe(signal);
    await vi.waitFor(() => expect(existsSync(`/proc/${worker}`)).toBe(false), 5000);
    expect(existsSync(folder)).toBe(false);
  });
});

/** Running processes with that parent. */
function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        const status = readFileSync(`/proc/${name}/status`, "utf8");
        return (
          status.includes(`PPid:\t${parent}\n`) &&
          !/State:\tZ/.test(status) &&
          readFileSync(`/proc/${name}/cmdline`, "utf8").includes("worker.py")
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

function workerFolder(pid: number): string {
  const folder = readFileSync(`/proc/${pid}/cmdline`, "utf8")
    .split("\0")
    .find((word) => word.startsWith(join(tmpdir(), "tilescript-worker-")));
  return folder!;
}
