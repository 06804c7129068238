import type { z } from "zod";
import { readText } from "../../runtime/files.js";
import { EvaluationError } from "../shared/errors.js";

/** Objects of a file with one a line. @throws EvaluationError that names the line which is none, or not as expected */
export function readJsonLines<Line>(path: string, line: z.ZodType<Line>): Line[] {
  return readText(path)
    .split("\n")
    .flatMap((text, index) => {
      if (text.trim() === "") return [];
      try {
        return [line.parse(JSON.parse(text))];
      } catch (cause) {
        throw new EvaluationError(
          `${path}, line ${index + 1}: it is not as this file is published`,
          "Fetch the file again.",
          { cause },
        );
      }
    });
}
