import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { MANIFEST_VERSION, type Manifest, manifestSchema } from "../../compiler/bundle/index.js";
import { BundleError } from "../device/errors.js";

/** A file that a manifest names. */
export interface FileEntry {
  readonly path: string;
  readonly sha256: string;
}

/** A bundle's manifest, checked, and its other files, each checked against its hash when read. */
export interface BundleFiles {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Throws BundleError if the file is missing or is not the one that was built. */
  read(entry: FileEntry): Promise<Buffer>;
}

const rebuild = "Build the bundle again: tilescript build FILES --out DIR.";

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, "manifest.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const hint = "Give the folder that tilescript build wrote.";
    throw new BundleError(
      folder,
      `it is not a bundle: manifest.json cannot be read (${(cause as Error).message})`,
      hint,
      { cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BundleError(path, `it is not JSON (${(cause as Error).message})`, rebuild, { cause });
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (version !== MANIFEST_VERSION)
    throw new BundleError(
      path,
      `it has version ${String(version)}, and this runtime reads ${MANIFEST_VERSION}`,
      rebuild,
    );
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) throw new BundleError(path, `it is not a manifest: ${z.prettifyError(parsed.error)}`, rebuild);
  return parsed.data;
}

/** Opens the bundle in a folder. Throws BundleError where there is none, or one of another version. */
export async function readBundle(folder: string): Promise<BundleFiles> {
  const at = resolve(folder);
  const manifest = await readManifest(at);
  return {
    folder: at,
    manifest,
    async read(entry) {
      const path = join(at, entry.path);
      let bytes: Buffer;
      try {
        bytes = await readFile(path);
      } catch (cause) {
        throw new BundleError(path, `it cannot be read (${(cause as Error).message})`, rebuild, { cause });
      }
      const found = createHash("sha256").update(bytes).digest("hex");
      if (found === entry.sha256) return bytes;
      throw new BundleError(
        path,
        `it is not the file that was built (sha256 ${found}, built ${entry.sha256})`,
        rebuild,
      );
    },
  };
}
