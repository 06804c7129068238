import { expect, it, vi } from "vitest";
import { cli } from "./run-cli.js";

it("doctor flags a cache that cannot be written to, and a model that is not there", async () => {
  vi.stubEnv("TILESCRIPT_CACHE", "/proc/nowhere");
  vi.stubEnv("TILESCRIPT_MODEL", "/nowhere.gguf");
  const { code, stdout } = await cli("doctor", "--json");
  vi.unstubAllEnvs();
  expect(code).toBe(0);
  const findings = JSON.parse(stdout) as { name: string; state: string; found: string; remedy?: string }[];
  expect(findings.find(({ name }) => name === "Kernel cache")).toMatchObject({
    state: "limited",
    found: expect.stringContaining("/proc/nowhere cannot be written to"),
    remedy: expect.stringContaining("TILESCRIPT_CACHE"),
  });
  expect(findings.find(({ name }) => name === "Model")).toMatchObject({
    state: "missing",
    found: expect.stringContaining("/nowhere.gguf"),
    remedy: expect.stringContaining("TILESCRIPT_MODEL"),
  });
});
