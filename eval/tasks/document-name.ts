import { createHash } from "node:crypto";

/** Tells documents apart by their text, where published files give them no names. */
export const documentName = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
