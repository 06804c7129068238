/** hf:OWNER/REPO[:QUANT][@REVISION], taken apart. */

import { PullError } from "./errors.js";

export interface Reference {
  /** OWNER/REPO. */
  readonly repo: string;
  /** What was asked for after the colon: a quantisation, a GGUF file's path in the repository, or "safetensors". */
  readonly variant: string | undefined;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

const PREFIX = "hf:";

/** Whether a text means a model on the Hub and no path; a file of such a name is reached as ./hf:… */
export const isHubReference = (text: string): boolean => text.startsWith(PREFIX);

/** Of the Hub: letters, digits, "-", "_", ".", none of the marks at an end, no ".." and no "--". */
const NAME = /^(?!.*(?:\.\.|--))[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;

/** What git allows in the name of a branch or tag, and can be no way out of a folder. */
const REVISION = /^(?!.*(?:\.\.|\/\/|@\{))[^\s~^:?*[\\/\p{Cc}][^\s~^:?*[\\\p{Cc}]*(?<![/.])$/u;

const VARIANT = /^[^\p{Cc}\\]+$/u;

/** @throws PullError that quotes the text and says what about it is wrong */
export function parseReference(text: string): Reference {
  const wrong = (what: string): PullError => new PullError("reference", `${JSON.stringify(text)} ${what}`);
  if (!isHubReference(text)) throw wrong('does not begin with "hf:"');
  const [named = "", ...revisions] = text.slice(PREFIX.length).split("@");
  const [repo = "", ...variants] = named.split(":");
  const [owner = "", name = "", ...deeper] = repo.split("/");
  if (owner === "" || name === "" || deeper.length > 0) throw wrong("has no OWNER/REPO after hf:");
  for (const part of [owner, name])
    if (!NAME.test(part)) throw wrong(`names ${JSON.stringify(part)}, which no owner or repository can be called`);
  if (revisions.length > 1) throw wrong("has more than one @");
  const revision = revisions[0] ?? "main";
  if (!REVISION.test(revision)) throw wrong(`has ${JSON.stringify(revision)} after the @, which is no revision`);
  const variant = variants.length === 0 ? undefined : variants.join(":");
  if (variant !== undefined && !VARIANT.test(variant))
    throw wrong("has nothing that could be a quantisation after the colon");
  return { repo, variant, revision };
}

/** The reference of the same repository and revision with another variant, for hints. */
export const referenceText = ({ repo, revision }: Reference, variant?: string): string =>
  `${PREFIX}${repo}${variant === undefined ? "" : `:${variant}`}${revision === "main" ? "" : `@${revision}`}`;
