import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cacheFolder, SealedFolder } from "../../store/index.js";
import { EnvironmentError } from "./environment-error.js";
import { TRITON_VERSION } from "./requirements.js";

/** Bytecode, and what only other GPUs and Triton's profiler use. */
const UNUSED =
  /(^|\/)(__pycache__|backends\/amd|profiler|instrumentation|backends\/nvidia\/lib\/cupti[\w-]*|_C\/libproton\.so)$/;
/** Beside the environment's own stamp: it is remade with the environment. */
const MEMO = "tilescript-content.json";

interface Place {
  readonly folder: string;
  readonly sitePackages: string;
}

/** Of this process, so that jobs which begin at once hash once. */
let known: { readonly stamp: string; readonly content: Promise<string> } | undefined;

/**
 * Names Triton with its ptxas as they are installed, by the bytes of every file that compiling reads. Files of half a gigabyte are hashed
 * once an environment: afterwards only names, sizes, inodes and times are compared. A file whose bytes change gets another time of change
 * (ctime), which programs cannot set, so nothing is missed but a disk that decays by itself. What is hashed is compared with the list that
 * came in the wheel, whose own hash is locked. Throws EnvironmentError "changed" where it is not what was locked.
 */
export async function tritonContent({ folder, sitePackages }: Place): Promise<string> {
  const files = installed(folder, sitePackages);
  const stamp = sha256([sitePackages, ...files.map(({ name, facts }) => `${name} ${facts}`)].join("\n"));
  if (known?.stamp !== stamp) {
    const mine = { stamp, content: recall(folder, stamp, () => verified(folder, sitePackages, files)) };
    mine.content.catch(() => {
      if (known === mine) known = undefined;
    });
    known = mine;
  }
  return known.content;
}

async function recall(folder: string, stamp: string, make: () => Promise<string>): Promise<string> {
  const before = remembered(folder, stamp);
  if (before !== undefined) return before;
  const content = await make();
  remember(folder, { stamp, content });
  return content;
}

/** For an environment that is gone: what it was, so that what it made is still found. */
export async function lastTritonContent(lock: string): Promise<string | undefined> {
  return (await contents().get(lock))?.toString();
}

export async function noteTritonContent(lock: string, content: string): Promise<void> {
  if ((await lastTritonContent(lock)) !== content) await contents().put(lock, Buffer.from(content));
}

const contents = (): SealedFolder => new SealedFolder(cacheFolder(), "environments");

export const changed = (folder: string, what: string): EnvironmentError =>
  new EnvironmentError(
    "changed",
    `The Python environment in ${folder} is not the one that was locked: ${what}. Nothing that it compiles is kept.`,
    `Remove it, and it is made again on the next start: rm -r '${folder.replaceAll("'", "'\\''")}'`,
  );

function installed(folder: string, sitePackages: string): Installed[] {
  try {
    return [...filesBelow(sitePackages, "triton")];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw changed(folder, "it has no Triton");
  }
}

interface Installed {
  /** Relative to site-packages, with slashes. */
  readonly name: string;
  readonly facts: string;
}

function* filesBelow(root: string, name: string): Generator<Installed> {
  for (const entry of readdirSync(join(root, name), { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = `${name}/${entry.name}`;
    if (UNUSED.test(path)) continue;
    if (entry.isDirectory()) yield* filesBelow(root, path);
    else {
      const { ino, size, mtimeNs, ctimeNs } = statSync(join(root, path), { bigint: true });
      yield { name: path, facts: [ino, size, mtimeNs, ctimeNs].join(" ") };
    }
  }
}

/** The hash of all, each found in the wheel's list. */
async function verified(folder: string, sitePackages: string, files: readonly Installed[]): Promise<string> {
  const version = readdirSync(sitePackages).flatMap((name) => /^triton-(.*)\.dist-info$/.exec(name)?.[1] ?? []);
  if (version.length !== 1 || version[0] !== TRITON_VERSION)
    throw changed(folder, `it has Triton ${version.join(" and ") || "without a record"}, not ${TRITON_VERSION}`);
  const record = readFileSync(join(sitePackages, `triton-${TRITON_VERSION}.dist-info`, "RECORD"), "utf8");
  const locked = new Map(
    [...record.matchAll(/^"?([^",\n]+)"?,sha256=([\w-]+),/gm)].map(([, name, hash]) => [name, hash]),
  );
  const all = createHash("sha256");
  for (const { name } of files) {
    const hash = await fileHash(join(sitePackages, name));
    if (locked.get(name) !== hash) throw changed(folder, `${relative(folder, join(sitePackages, name))} was changed`);
    all.update(`${name} ${hash}\n`);
  }
  return all.digest("hex");
}

async function fileHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part as Buffer);
  return hash.digest("base64url");
}

/** Who can write the memo can write Triton too. */
function remembered(folder: string, stamp: string): string | undefined {
  try {
    const memo = JSON.parse(readFileSync(join(folder, MEMO), "utf8")) as { stamp?: unknown; content?: unknown };
    return memo.stamp === stamp && typeof memo.content === "string" ? memo.content : undefined;
  } catch {
    return undefined;
  }
}

function remember(folder: string, memo: object): void {
  const draft = join(folder, `tilescript.json.content-${process.pid}`);
  try {
    writeFileSync(draft, JSON.stringify(memo));
    renameSync(draft, join(folder, MEMO));
  } catch {
    // An environment that cannot be written to is hashed by each process.
    rmSync(draft, { force: true });
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
