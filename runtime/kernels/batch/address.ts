import { type Int, load, multipleOf, type Ptr, toPointer } from "tilescript";

/** The keys or values whose address a table has: a multiple of 256 bytes, which the compiler cannot know of a number in memory. */
export const cacheAt = (table: Ptr<"i64">, at: Int): Ptr<"bf16"> => multipleOf(toPointer(load(table + at), "bf16"), 16);
