/** What an answer may be: schemas, patterns and grammars as masks of tokens. */
export { Formats, grammarOf, keyOf, type ResponseFormat, type StandardSchema } from "./format.js";
