import { spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { bin } from "../built-cli.js";
import { folderWith } from "./run-cli.js";

const kernel = (value: string) => `import { kernel, type Ptr, store } from "tilescript";
export const one = kernel(({ x }: { x: Ptr<"f32"> }) => store(x, ${value}));
`;

/** A `check --watch` under way. */
function watching(file: string) {
  const child = spawn(process.execPath, [bin, "check", "--watch", file], { env: { ...process.env, NO_COLOR: "1" } });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (text) => {
      said += text;
    });
  return {
    child,
    /** Waits until it has said this since the last call. */
    async says(what: string): Promise<void> {
      for (let tries = 0; !said.includes(what); tries++) {
        if (tries === 200 || child.exitCode !== null) throw new Error(`"${what}" is not in: ${said}`);
        await sleep(50);
      }
      said = "";
    },
  };
}

test("check --watch goes on while its file, or its folder, is not there for a while", async () => {
  const folder = join(folderWith({}), "kernels");
  const file = join(folder, "k.kernel.ts");
  mkdirSync(folder);
  writeFileSync(file, kernel("1"));
  const { child, says } = watching(file);
  await says("✓ 1 kernel");
  rmSync(file);
  await says("does not exist");
  writeFileSync(`${file}~`, kernel("nothing"));
  renameSync(`${file}~`, file);
  await says("1 error");
  rmSync(folder, { recursive: true });
  await says("does not exist");
  mkdirSync(folder);
  writeFileSync(file, kernel("2"));
  await says("✓ 1 kernel");
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(130);
});
