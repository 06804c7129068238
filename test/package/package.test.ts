/** The package as npm would install it, in empty projects of each kind. Nothing of the repository is within their reach. */

import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const projects = mkdtempSync(join(tmpdir(), "tilescript-package-"));
const installed = join(projects, "node_modules/tilescript");
const environment = { ...process.env, TILESCRIPT_CACHE: join(projects, "cache"), TILESCRIPT_DEVICE: "cpu" };
afterAll(() => rmSync(projects, { recursive: true }));

function run(cwd: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = environment) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  return { status, stdout, stderr };
}

const npm = (cwd: string, ...args: string[]) => run(cwd, "npm", args, { ...process.env, npm_config_offline: "true" });

/** What the package takes on the disk, in MB. */
function megabytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(folder, name)));
  return files.reduce((sum, { size }) => sum + size, 0) / 1e6;
}

const KERNEL = `import { arange, type Const, type F32, type Int, kernel, load, type Ptr, programId, store } from "tilescript";

/** x *= factor */
export const scale = kernel(
  ({ x, factor, n, BLOCK }: { x: Ptr<"f32">; factor: F32; n: Int; BLOCK: Const<"BLOCK"> }) => {
    const at = programId(0) * BLOCK + arange(0, BLOCK);
    const mask = at < n;
    store(x + at, load(x + at, { mask }) * factor, { mask });
  },
  { builds: [{ constants: { BLOCK: 256 } }] },
);
`;

const MAIN = `import { cdiv, Device, download, upload } from "tilescript/runtime";
import * as kernels from "./scale.kernel.js";

export async function main(): Promise<void> {
  const device = await Device.open();
  const { scale } = await device.load(kernels);
  const x = await upload(device, Float32Array.of(1, 2, 3, 4, 5));
  scale.launch([cdiv(5, 256)], { x, factor: 10, n: 5, BLOCK: 256 });
  console.log(await download(x, new Float32Array(5)));
}
`;

/** A project beside the installed package, with these files. */
function project(name: string, files: Record<string, string>): string {
  const folder = join(projects, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return folder;
}

const MODULE = JSON.stringify({ type: "module" });
const COMMONJS = JSON.stringify({ type: "commonjs" });

beforeAll(() => {
  const packed = npm(root, "pack", "--json", "--pack-destination", projects);
  expect(packed.status, packed.stderr).toBe(0);
  writeFileSync(join(projects, "package.json"), "{}");
  const [tarball] = readdirSync(projects).filter((name) => name.endsWith(".tgz"));
  const done = npm(projects, "install", "--no-audit", "--no-fund", join(projects, tarball!));
  expect(done.status, done.stderr).toBe(0);
}, 300_000);

test("installs below 40 MB with compiler, CPU executor and model kernels, with nothing beside it and no script", () => {
  expect(megabytes(installed)).toBeLessThan(40);
  expect(readdirSync(join(projects, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["tilescript"]);
  const { dependencies, scripts } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  expect(dependencies).toBeUndefined();
  expect(Object.keys(scripts).filter((name) => /install|^prepare$/.test(name))).toEqual([]);
});

test("has what runs, and neither tests nor other sources", () => {
  const names = readdirSync(installed).sort();
  expect(names).toEqual(
    ["LICENSE", "README.md", "bundles", "cli", "dist", "package.json", "prebuilds", "runtime", "scripts"].sort(),
  );
  expect(readdirSync(join(installed, "dist")).sort()).toEqual([
    "ai-sdk",
    "bench",
    "chart",
    "cli",
    "compiler",
    "dsl",
    "eval",
    "language",
    "runtime",
    "serve",
    "vendor",
  ]);
  // The language with the bodies of its library, which the compiler reads.
  const files = readdirSync(installed, { recursive: true, encoding: "utf8" }).filter(
    (name) => !name.startsWith("dist/language/"),
  );
  expect(files.filter((name) => /\.map$|\.kernel\.ts$|\.test\.|(?<!\.d)\.ts$/.test(name))).toEqual([]);
});

describe("imports", () => {
  const PROGRAM = `
    console.log([typeof tilescript.kernel, typeof runtime.Device.open, typeof compiler.check, typeof sdk.languageModel].join());
  `;

  const FACES = [
    ["tilescript", ""],
    ["runtime", "/runtime"],
    ["compiler", "/compiler"],
    ["sdk", "/ai-sdk"],
  ] as const;

  test("as a module", () => {
    const imports = FACES.map(([name, face]) => `import * as ${name} from "tilescript${face}";\n`);
    const folder = project("module", { "package.json": MODULE, "main.js": imports.join("") + PROGRAM });
    expect(run(folder, process.execPath, ["main.js"])).toEqual({
      status: 0,
      stdout: "function,function,function,function\n",
      stderr: "",
    });
  });

  test("as CommonJS, with the same objects", () => {
    const imports = FACES.map(([name, face]) => `const ${name} = require("tilescript${face}");\n`);
    const same = 'import("tilescript").then(({ kernel }) => console.log(kernel === tilescript.kernel));';
    const folder = project("commonjs", { "package.json": COMMONJS, "main.js": imports.join("") + PROGRAM + same });
    expect(run(folder, process.execPath, ["main.js"])).toEqual({
      status: 0,
      stdout: "function,function,function,function\ntrue\n",
      stderr: "",
    });
  });
});

test.each([
  ["module", "node16", MODULE, false],
  ["commonjs", "node16", COMMONJS, true],
  ["module", "bundler", MODULE, true],
])(
  "its types resolve in a %s with moduleResolution %s",
  { timeout: 240_000 },
  (kind, resolution, manifest, skipLibCheck) => {
    const check = `import { BuildError, type Checked, check } from "tilescript/compiler";
import { type Argument, type Device, Model } from "tilescript/runtime";
import { type LanguageModel, languageModel } from "tilescript/ai-sdk";
export const spoken = (model: Model): LanguageModel<"v3"> => languageModel(model);
export const checked: Checked = check(["scale.kernel.ts"]);
export const failed = (error: unknown): error is BuildError => error instanceof BuildError;
export const load = (path: string, device: Device): Promise<Model> => Model.load({ path, device });
export const one: Argument = 1;
// @ts-expect-error: a path is a text
void Model.load({ path: 1 });
`;
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck, target: "es2022", lib: ["es2023", "esnext.disposable"] },
      ...{ module: resolution === "bundler" ? "esnext" : "node16", moduleResolution: resolution, types: ["node"] },
    };
    const folder = project(`types-${kind}-${resolution}`, {
      ...{ "package.json": manifest, "tsconfig.json": JSON.stringify({ compilerOptions }), "check.ts": check },
      ...{ "scale.kernel.ts": KERNEL, "main.ts": MAIN },
    });
    mkdirSync(join(folder, "node_modules"));
    for (const name of ["@types", "undici-types"])
      symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    expect(run(folder, process.execPath, [tsc, "-p", "."])).toEqual({ status: 0, stdout: "", stderr: "" });
  },
);

describe("npx tilescript", () => {
  let folder: string;
  beforeAll(() => {
    folder = project("program", { "package.json": MODULE, "scale.kernel.ts": KERNEL, "main.ts": MAIN });
  });
  const tilescript = (...args: string[]) => run(folder, join(projects, "node_modules/.bin/tilescript"), args);

  test("prints its version", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    expect(tilescript("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  test("checks, builds for the CPU, and runs a kernel", () => {
    expect(tilescript("check", "scale.kernel.ts")).toMatchObject({ status: 0 });
    expect(tilescript("build", "scale.kernel.ts", "--arch", "none", "--out", "built")).toMatchObject({ status: 0 });
    expect(readdirSync(join(folder, "built")).sort()).toEqual(
      ["index.d.ts", "index.js", "manifest.json", "scale.ir.json", "scale.triton.py"].sort(),
    );
    expect(tilescript("run", "main.ts")).toEqual({
      status: 0,
      stdout: "Float32Array(5) [ 10, 20, 30, 40, 50 ]\n",
      stderr: "",
    });
  });

  test("looks for Python in the user's cache and never among the packages", () => {
    const env = { ...environment, XDG_CACHE_HOME: join(projects, "home"), TILESCRIPT_VENV: undefined };
    const { stdout } = run(folder, join(projects, "node_modules/.bin/tilescript"), ["doctor", "--json"], env);
    expect(stdout).toContain(join(projects, "home/tilescript/python"));
    expect(stdout).not.toContain("node_modules/tilescript/.venv");
    expect(stdout).toContain(`node_modules/tilescript/prebuilds/${process.platform}-${process.arch}/tilescript.node`);
  });
});
