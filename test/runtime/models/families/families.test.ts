/** Every family, from both formats: the same configuration, and the same rows in the same places on the device. */

import { describe, expect, it } from "vitest";
import { describeModel } from "../../../../runtime/models/families/index.js";
import { openCheckpoint } from "../../../../runtime/weights/index.js";
import { assembleAll } from "./assemble.js";
import { tinyModels, writeFolder, writeGguf } from "./tiny-models.js";

describe.each(Object.entries(tinyModels))("%s", (_, model) => {
  it("is the same from a GGUF file and from a folder", () => {
    using gguf = openCheckpoint(writeGguf(model));
    using folder = openCheckpoint(writeFolder(model));
    const [a, b] = [describeModel(gguf), describeModel(folder)];
    expect({ ...a.config, name: "" }).toEqual({ ...b.config, name: "", tokens: a.config.tokens });
    expect(assembleAll(gguf, a.weights)).toEqual(assembleAll(folder, b.weights));
  });
});
