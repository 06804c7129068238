// Tries the packed package with what a person may run it with: Node 20, 22 and 24, Deno, Bun, esbuild and Vite, and the linters of packages.
// All come from npm, at the versions below, so this needs the network; test/package does what needs none.
//
//   node scripts/package-check.mjs [NAME …]      a name is that of a check, such as node-22
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const project = mkdtempSync(join(tmpdir(), "tilescript-package-"));
const env = { ...process.env, TILESCRIPT_DEVICE: "cpu", TILESCRIPT_CACHE: join(project, "cache"), NO_COLOR: "1" };

const FILES = {
  "package.json": '{ "type": "module", "private": true }',
  "scale.kernel.ts": `import { arange, type Const, kernel, load, type Ptr, store } from "tilescript";
export const scale = kernel(
  ({ x, N }: { x: Ptr<"f32">; N: Const<"N"> }) => store(x + arange(0, N), load(x + arange(0, N)) * 10),
  { builds: [{ constants: { N: 4 } }] },
);
`,
  "main.ts": `import { Device, download, upload } from "tilescript/runtime";
import * as kernels from "./scale.kernel.js";
const device = await Device.open();
const { scale } = await device.load(kernels);
const x = await upload(device, Float32Array.of(1, 2, 3, 4));
scale.launch([1], { x, N: 4 });
console.log((await download(x, new Float32Array(4))).join());
`,
  "host.js": `import { Device, download, upload } from "tilescript/runtime";
import * as kernels from "./built/index.js";
const device = await Device.open();
const { scale } = await device.load(kernels);
const x = await upload(device, Float32Array.of(1, 2, 3, 4));
scale.launch([1], { x, N: 4 });
console.log((await download(x, new Float32Array(4))).join());
device.close();
`,
  "open.js": `import { Device } from "tilescript/runtime";
Device.open().then((device) => console.log(device.kind), (error) => console.log(error.message));
`,
  "library.config.js": `const external = process.env.INLINED ? [] : [/^tilescript/];
export default {
  ssr: { noExternal: process.env.INLINED ? true : undefined },
  build: { ssr: "open.js", outDir: "vite", rollupOptions: { external } },
};
`,
};

const BIN = "node_modules/tilescript/cli/bin.mjs";
const ADDON = `node_modules/tilescript/prebuilds/${process.platform}-${process.arch}/tilescript.node`;
const RESULT = "10,20,30,40";
/** What code that was inlined says, wherever it is opened. */
const INLINED = "tilescript is external";

/** What each check runs in the project, and what it must print. */
const CHECKS = {
  glibc: [`node '${join(root, "scripts/needed-versions.mjs")}' ${ADDON}`, "runs where glibc is 2.28 or newer"],
  addon: [
    `cd '${root}' && unset TILESCRIPT_DEVICE && TILESCRIPT_NATIVE='${join(project, ADDON)}' ` +
      "node node_modules/vitest/vitest.mjs run test/runtime/native test/runtime/device/cuda test/runtime/device/uploads.test.ts",
    "passed",
  ],
  publint: ["npx -y publint@0.3.25 tilescript.tgz", "All good!"],
  attw: ["npx -y @arethetypeswrong/cli@0.18.5 tilescript.tgz --profile node16 --no-emoji && echo clean", "clean"],
  ...Object.fromEntries(
    Object.entries({ 20: "20.20.2", 22: "22.23.3", 24: "24.9.0" }).map(([major, version]) => [
      `node-${major}`,
      [
        `npx -y -p node@${version} -c 'node host.js && node ${BIN} check scale.kernel.ts && node ${BIN} run main.ts && ` +
          `node -p "[require(\\"tilescript\\").kernel, require(\\"./${ADDON}\\").openDriver].map((one) => typeof one).join()"'`,
        `${RESULT}\nfunction,function`,
      ],
    ]),
  ),
  deno: [
    `npx -y -p deno@2.9.6 -c 'deno run -A host.js && deno run -A ${BIN} run main.ts'; true`,
    "Deno has no module hooks",
  ],
  bun: [`npx -y -p bun@1.4.5 -c 'bun host.js && bun ${BIN} run main.ts'; true`, "Bun has no module hooks"],
  esbuild: [
    "npx -y esbuild@0.28.2 host.js --bundle --platform=node --format=esm --external:tilescript --external:./built/index.js --outfile=out.js && node out.js",
    RESULT,
  ],
  "esbuild-inlined": [
    "npx -y esbuild@0.28.2 open.js --bundle --platform=node --format=esm --outfile=in/in.mjs && node in/in.mjs && " +
      "npx -y esbuild@0.28.2 open.js --bundle --platform=node --format=cjs --log-level=error --outfile=in/in.cjs && node in/in.cjs",
    INLINED,
  ],
  vite: ["npx -y vite@8.3.8 build -c library.config.js && node vite/open.js", "cpu"],
  "vite-inlined": ["INLINED=1 npx -y vite@8.3.8 build -c library.config.js && node vite/open.js", INLINED],
};

function sh(command, cwd = project) {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd, env, encoding: "utf8", timeout: 600_000 });
  return { status, said: `${stdout}${stderr}` };
}

function must(command, cwd) {
  const { status, said } = sh(command, cwd);
  if (status !== 0) throw new Error(`${command}\n${said}`);
}

try {
  const asked = process.argv.slice(2);
  must(`npm pack --pack-destination '${project}'`, root);
  const tarball = readdirSync(project).find((name) => name.endsWith(".tgz"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(project, name), text);
  must(`mv ${tarball} tilescript.tgz && npm install --no-audit --no-fund ./tilescript.tgz`);
  // A bundle for the CPU executor needs no Python.
  must(`node ${BIN} build scale.kernel.ts --arch none --out built`);
  for (const [name, [command, expected]] of Object.entries(CHECKS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const { status, said } = sh(command);
    const fine = status === 0 && said.includes(expected);
    console.log(fine ? `✓ ${name}` : `✗ ${name}: ${command}\n${said}`);
    if (!fine) process.exitCode = 1;
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(project, { recursive: true, force: true });
}
