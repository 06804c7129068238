import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CpuDevice } from "../../runtime/device/cpu/index.js";
import { Model } from "../../runtime/models/model.js";
import { temporaryFile } from "../runtime/weights/write-gguf.js";
import { temporaryFolder } from "../temporary-folder.js";
import { writeTinyModels } from "./tiny-models.js";

/** To a byte, whatever it says: of a tiny model each buffer counts as one of a large one does. */
const folder = temporaryFolder("memory");
const path = join(folder, "model.gguf");

describe("a model on a device that is the caller's", () => {
  let device: CpuDevice;
  beforeAll(async () => {
    await writeTinyModels([{ folder, family: "llama", options: "--set max_position_embeddings=4096" }]);
    device = await CpuDevice.open();
  });
  afterAll(() => device.close());

  /** What the heap has free when all queued work is done. */
  async function free(): Promise<number> {
    await device.synchronize();
    return device.memory().free;
  }

  it.each(["dense", "reattention:global=4,local=8,topK=4,span=8,clip=2,chunk=4", "streaming:global=4,local=8,chunk=4"])(
    "gives back what it took when it is closed: %s",
    { timeout: 240_000 },
    async (attention) => {
      const left: number[] = [];
      // Workers keep the scratch memory of the largest kernel so far, so the first time takes more.
      for (const _ of [1, 2]) {
        const model = await Model.load({ path, device, attention, context: 128 });
        const { tokens } = await model.generate("What is the capital of France?", { maxTokens: 4 }).result;
        expect(tokens).toHaveLength(4);
        model.close();
        left.push(await free());
      }
      expect(left[1]).toBe(left[0]);
    },
  );

  it("can be closed in the middle of an answer", { timeout: 120_000 }, async () => {
    const before = await free();
    const model = await Model.load({ path, device, context: 128 });
    const generation = model.generate("Count from 1 to 10.", { maxTokens: 32 });
    const collect = async () => {
      for await (const _ of generation) model.close();
    };
    await expect(collect()).rejects.toThrow("after it was closed");
    expect(await free()).toBe(before);
  });

  it("takes nothing where it cannot be loaded", { timeout: 120_000 }, async () => {
    const before = await free();
    await expect(Model.load({ path, device, context: 10 ** 9, attention: "reattention" })).rejects.toThrow(
      /tokens fit/,
    );
    const bytes = Uint8Array.from(readFileSync(path));
    const cut = temporaryFile(bytes.subarray(0, bytes.byteLength >> 1));
    await expect(Model.load({ path: cut, device })).rejects.toMatchObject({ name: "ModelError" });
    await expect(
      Model.load({
        path,
        device,
        context: 128,
        onProgress: (_, done, total) => {
          if (done > total / 2) throw new RangeError("enough weights");
        },
      }),
    ).rejects.toThrow("enough weights");
    expect(await free()).toBe(before);
  });
});
