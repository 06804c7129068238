/** Files that are none: pipes, devices, sockets, folders, files of gigabytes. Each is told at once, and every wait ends with SIGINT or SIGTERM. */

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { promptFromFile } from "../../cli/generate/read-prompt.js";
import { kernelFiles } from "../../cli/kernels/files.js";
import { FileError, readText } from "../../runtime/files.js";
import { openCheckpoint } from "../../runtime/weights/index.js";
import { tinyModels, writeFolder } from "../runtime/models/families/tiny-models.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder("odd-files");
const at = (name: string) => join(folder, name);
const pipe = (name: string) => {
  execFileSync("mkfifo", [at(name)]);
  return at(name);
};
const socket = createServer();

beforeAll(async () => {
  pipe("pipe");
  pipe("pipe.kernel.ts");
  mkdirSync(at("folder"));
  writeFileSync(at("large"), "");
  truncateSync(at("large"), 3_000_000_000);
  writeFileSync(at("large.kernel.ts"), "");
  truncateSync(at("large.kernel.ts"), 3_000_000_000);
  await new Promise<void>((resolve) => socket.listen(at("socket"), resolve));
});
afterAll(() => socket.close());

/** What readers say, and of a prompt where that is another thing. */
const odd: readonly (readonly [what: string, path: string, message: RegExp, ofPrompt?: RegExp])[] = [
  ["a pipe that nobody writes to", "pipe", /pipe: it is a pipe, /],
  ["a device", "/dev/zero", /\/dev\/zero: it is a device, not a file/],
  ["a socket", "socket", /ENXIO/, /socket: it is a socket, or a device that is not there/],
  ["a folder", "folder", /folder: it is a folder, not a file/],
  ["a file of 3 GB", "large", /large: it has more than \d+ bytes/],
];

describe.each(odd.map(([what, path, text, prompt = text]) => [what, path, text, prompt] as const))(
  "%s",
  (_, name, message, ofPrompt) => {
    const path = name.startsWith("/") ? name : at(name);

    it("is no text", () => {
      expect(() => readText(path)).toThrow(message);
    });

    it("is no prompt", async () => {
      await expect(promptFromFile(path)).rejects.toThrow(ofPrompt);
    });

    it("is no model", () => {
      expect(() => openCheckpoint(path)).toThrow(expect.objectContaining({ name: "ModelError" }));
    });
  },
);

it("a kernel file is a regular file, named or found", () => {
  expect(() => kernelFiles([at("pipe.kernel.ts")])).toThrow(/it is a pipe, not a file/);
  expect(() => kernelFiles([at("large.kernel.ts")])).toThrow(/more than 16777216 bytes/);
  expect(kernelFiles([folder])).not.toContain(at("pipe.kernel.ts"));
});

it.each([
  "config.json",
  "tokenizer.json",
  "generation_config.json",
  "model.safetensors.index.json",
  "model.safetensors",
])("a model's folder with a pipe as %s is refused", (name) => {
  const model = writeFolder(tinyModels.llama!);
  execFileSync("rm", ["-f", join(model, name)]);
  if (name.endsWith("index.json")) execFileSync("rm", ["-f", join(model, "model.safetensors")]);
  execFileSync("mkfifo", [join(model, name)]);
  const open = async () => {
    const { openModelFiles } = await import("../../runtime/models/load.js");
    openModelFiles(model);
  };
  return expect(open()).rejects.toThrow(expect.objectContaining({ name: "ModelError" }));
});

it("files that say that they are empty are read, and hints say what to give", () => {
  expect(readText("/proc/self/status")).toMatch(/^Name:/);
  expect(() => readText("/dev/zero")).toThrow(FileError);
});

describe("a prompt that is waited for", () => {
  const cli = (args: string[], stdin: "pipe" | "ignore") =>
    spawn(process.execPath, [join(import.meta.dirname, "../../cli/bin.mjs"), "generate", ...args], {
      stdio: [stdin, "ignore", "pipe"],
      env: { ...process.env, TILESCRIPT_AS_BUILT: "1", TILESCRIPT_DEVICE: "cpu" },
    });

  it("may come through a shell's <(command)", async () => {
    const program = `import { promptFromFile } from ${JSON.stringify(join(import.meta.dirname, "../../dist/cli/generate/read-prompt.js"))}; console.log(await promptFromFile(process.argv[1]))`;
    writeFileSync(at("read.mjs"), program.replace("process.argv[1]", "process.argv[2]"));
    const output = execFileSync("bash", [
      "-c",
      `"${process.execPath}" "${at("read.mjs")}" <(sleep 0.2; echo hello; sleep 0.2; echo there)`,
    ]);
    expect(output.toString()).toBe("hello\nthere\n\n");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("ends with %s", async (signal, code) => {
    const child = cli([], "pipe");
    // More than a pipe holds: once all is written, somebody reads.
    await new Promise((resolve) => child.stdin!.write("half a prompt ".repeat(100_000), resolve));
    const began = performance.now();
    child.kill(signal);
    const ended = await new Promise((resolve) => child.once("exit", resolve));
    expect(ended).toBe(code);
    // Not by the patience of five seconds that a command gets to clean up.
    expect(performance.now() - began).toBeLessThan(4500);
  });
});
