import { GenerateError } from "../generate/errors.js";

/** What is wrong with a response format, or cannot be done: `place` names where, as `schema at #/properties/a` or `pattern at 3`. */
export const formatError = (place: string, problem: string, options?: ErrorOptions): GenerateError =>
  new GenerateError("responseFormat", `responseFormat: ${place}: ${problem}`, options);
