import type { CatalogueEntry } from "../diagnostic.js";
import * as build from "./build.js";
import * as frontend from "./frontend.js";
import * as limits from "./limits.js";
import * as types from "./types.js";

/** Every kind of problem, by code. */
export const CATALOGUE: readonly CatalogueEntry<never>[] = [frontend, limits, types, build]
  .flatMap((group) => Object.values(group))
  .flatMap((value) => (typeof value === "function" && "entry" in value ? [value.entry as CatalogueEntry<never>] : []))
  .sort((a, b) => (a.code < b.code ? -1 : 1));
