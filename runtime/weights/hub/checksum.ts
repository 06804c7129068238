import { createHash, type Hash } from "node:crypto";
import type { Checksum } from "./repo-file.js";

const begin: Readonly<Record<Checksum["kind"], (bytes: number) => Hash>> = {
  sha256: () => createHash("sha256"),
  // git hashes a blob with a header before it: "blob", its length, and a zero byte.
  "git-sha1": (bytes) => createHash("sha1").update(`blob ${bytes}\0`),
};

/** The running checksum of a file of this many bytes, fed with its content from the beginning. */
export const startChecksum = ({ kind }: Checksum, bytes: number): Hash => begin[kind](bytes);
