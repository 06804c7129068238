/** What an answer may be: schemas, patterns and grammars as masks of tokens. */
export { Formats, grammarOf, keyOf, type ResponseFormat, type StandardSchema } from "./format.js";
export { type Markup, readArguments } from "./json/arguments.js";
export { JSON_NOTATION, plainNotation } from "./json/notation.js";
export { isOfType, typesOfProperty } from "./json/types.js";
