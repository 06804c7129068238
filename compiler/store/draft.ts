import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { privateFolder } from "./private-folder.js";

/** Drafts and rubbish lie on the cache's own disk, so that a rename is atomic. */
export const TEMPORARY = "temporary";

/** A path that nobody else uses; its parent exists. The name begins with the owner's pid: what dead ones left is swept. */
export const draftIn = (root: string): string =>
  join(privateFolder(root, [TEMPORARY]), `${process.pid}-${randomBytes(8).toString("hex")}`);
