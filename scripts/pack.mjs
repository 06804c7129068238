// Packs everything that a machine with an NVIDIA driver and nothing else needs: Node, the built product, its bundles, the GPU tests, the
// benchmark and the demo model, as parts below 60 MB in .pack/ with an unpack.sh that needs only sh, tar and xz. Product and model are
// apart, so that after a change only the smaller one has to travel again.
//
//   node scripts/pack.mjs [--no-model] [--arch sm_90]
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("../", import.meta.url));
const out = join(root, ".pack");
const PART_BYTES = 55_000_000;

/** Needed to compile only: a machine that runs bundles does without them. */
const LEFT_OUT = /\/dist\/vendor\/(?:typescript|headers)$/;

const { values } = parseArgs({
  options: { "no-model": { type: "boolean" }, arch: { type: "string", default: "sm_90" } },
});

function sh(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    maxBuffer: 1 << 28,
    ...options,
  });
  if (done.error || done.status !== 0)
    throw new Error(`${command} ${args.join(" ")} failed${done.error ? `: ${done.error.message}` : ""}`);
  return done.stdout?.toString() ?? "";
}

const say = (text) => process.stderr.write(`${text}\n`);

/** Files of a package that never run: types, maps, documentation, and the other builds of the same code. */
const IDLE = /\.(?:d\.[cm]?ts|map|md|markdown|tsbuildinfo)$|\/(?:README|CHANGELOG)(?:\.[^/]*)?$/i;

const copyRunnable = (from, to) =>
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !IDLE.test(path) && !LEFT_OUT.test(path),
  });

function node(stage) {
  const target = join(stage, "bin/node");
  mkdirSync(join(stage, "bin"), { recursive: true });
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  const stripped = spawnSync("strip", ["-s", target]);
  if (stripped.error) say("strip is not installed: Node is packed as it is");
}

/** Programs of the folder: each runs from anywhere with the packed Node. */
function commands(stage) {
  // There is no repository there to ask.
  const commit = sh("git", ["describe", "--always", "--dirty", "--exclude", "*"]).trim();
  const preamble = [
    "#!/bin/sh",
    `export TILESCRIPT_COMMIT="\${TILESCRIPT_COMMIT:-${commit}}"`,
    'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
    'for file in "$here"/models/*.gguf; do [ -f "$file" ] && export TILESCRIPT_MODEL="${TILESCRIPT_MODEL:-$file}"; done',
  ];
  const programs = {
    tilescript: 'exec "$here/bin/node" "$here/cli/bin.mjs" "$@"',
    start: 'exec "$here/bin/node" "$here/scripts/start.mjs" "$@"',
    "gpu-tests": 'exec "$here/bin/node" "$here/scripts/gpu-tests.mjs" "$@"',
    "compute-sanitizer": 'exec "$here/bin/node" "$here/scripts/compute-sanitizer.mjs" "$@"',
    bench: 'exec "$here/bin/node" "$here/cli/bin.mjs" bench model "$@"',
    "bench-long-context": 'exec "$here/bin/node" "$here/cli/bin.mjs" bench long-context "$@"',
    "bench-reattention": 'exec "$here/bin/node" "$here/cli/bin.mjs" bench retrieval "$@"',
    "bench-launch": 'exec "$here/bin/node" "$here/bench/launch.mjs" "$@"',
    "bench-tutorials": 'exec "$here/bin/node" "$here/dist/bench/tutorials/measure.js" "$@"',
    "bench-load": 'exec "$here/bin/node" "$here/bench/load.mjs" "$@"',
  };
  for (const [name, line] of Object.entries(programs))
    writeFileSync(join(stage, `${name}.sh`), [...preamble, line, ""].join("\n"), { mode: 0o755 });
}

/** What of the repository runs there. */
const PARTS = [
  "package.json",
  "LICENSE",
  "cli/bin.mjs",
  "scripts/start.mjs",
  "scripts/gpu-tests.mjs",
  "scripts/compute-sanitizer.mjs",
  "scripts/build-native.mjs",
  "bench",
  "test/fixtures/drawn-prompts.json",
  "test/reference",
  "bundles",
];

function product(stage, addon) {
  copyRunnable(join(root, "dist"), join(stage, "dist"));
  for (const path of PARTS) {
    const from = join(root, path);
    if (!existsSync(from)) throw new Error(`${path} is missing: run npm start first, which builds it`);
    copyRunnable(from, join(stage, path));
  }
  const native = join(stage, "runtime/native/build");
  mkdirSync(native, { recursive: true });
  copyFileSync(addon, join(native, "tilescript.node"));
  commands(stage);
}

function model(stage, file) {
  mkdirSync(join(stage, "models"), { recursive: true });
  copyFileSync(file, join(stage, "models", basename(file)));
}

const UNPACK = `#!/bin/sh
# Puts the parts beside this file together: sh unpack.sh [FOLDER]   (default: tilescript). Node, product and model may come one after the other.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
target=\${1:-tilescript}
mkdir -p "$target"
for name in node product model; do
  if [ -f "$here/$name-00" ]; then
    if command -v sha256sum >/dev/null 2>&1; then (cd "$here" && sha256sum -c --quiet "$name.sha256"); fi
    cat "$here/$name"-* | xz -dc | tar -xf - -C "$target"
  fi
done
echo "unpacked into $target: $target/start.sh answers a prompt, $target/gpu-tests.sh tests, $target/bench-long-context.sh measures"
`;

/** Sorted, with fixed owners and times, so that the same contents give the same parts. */
const TAR = 'tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -cf - -C "$1" .';

/**
 * Packs what `fill` puts into a folder and cuts it into parts, with their sums beside them. What has the key of an earlier run is left as it
 * was: Node and the model seldom change and take a minute to compress.
 */
async function pack(name, { key, level, fill }) {
  const keyFile = join(out, `${name}.key`);
  const isCurrent = key !== undefined && existsSync(keyFile) && readFileSync(keyFile, "utf8") === key;
  const partsOf = () =>
    readdirSync(out)
      .filter((file) => new RegExp(`^${name}-\\d\\d$`).test(file))
      .sort();
  if (!isCurrent) {
    for (const file of partsOf()) rmSync(join(out, file));
    const stage = mkdtempSync(join(tmpdir(), "tilescript-pack-"));
    try {
      await fill(stage);
      sh("sh", [
        "-c",
        `${TAR} | xz -T0 -${level} | split -b "$2" -a 2 -d - "$3-"`,
        "sh",
        stage,
        String(PART_BYTES),
        join(out, name),
      ]);
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
    const sums = partsOf().map(
      (file) =>
        `${createHash("sha256")
          .update(readFileSync(join(out, file)))
          .digest("hex")}  ${file}\n`,
    );
    writeFileSync(join(out, `${name}.sha256`), sums.join(""));
    if (key !== undefined) writeFileSync(keyFile, key);
  }
  for (const file of partsOf())
    say(`  ${file}: ${(statSync(join(out, file)).size / 1e6).toFixed(1)} MB${isCurrent ? ", as before" : ""}`);
}

/** A file by its path, size and time. */
const identity = (path) => {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
};

const { bringUpToDate } = await import("./dist.mjs");
const { prebuild } = await import("./prebuild.mjs");
try {
  bringUpToDate();
  // The other machine may be older than this one, as its Node may be.
  const addon = await prebuild(say);
  if (addon === undefined) throw new Error("without the add-on there is nothing to pack");
  const { buildBundles, buildOps } = await import("./bundles.mjs");
  const arch = Number(values.arch.replace("sm_", ""));
  await buildBundles([arch], say);
  buildOps(arch);
  sh(process.execPath, ["dist/bench/tutorials/build.js", "--arch", values.arch]);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "unpack.sh"), UNPACK, { mode: 0o755 });
  say("packing");
  await pack("node", { key: identity(process.execPath), level: 6, fill: node });
  await pack("product", { level: 3, fill: (stage) => product(stage, addon) });
  if (!values["no-model"]) {
    const { findDemoModel } = await import("../dist/runtime/index.js");
    const file = findDemoModel();
    // Quantised weights hardly get smaller.
    await pack("model", { key: identity(file), level: 0, fill: (stage) => model(stage, file) });
  }
  say(`packed into ${out}: copy it to the other machine and run sh unpack.sh there`);
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
