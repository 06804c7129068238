import { expect, it } from "vitest";
import { findDamage, openCheckpoint } from "../../../runtime/weights/index.js";
import { ggufBytes, temporaryFile } from "./write-gguf.js";

const F32 = 0;
const Q8_0 = 8;

/** Two tensors: 32 floats, and two blocks of Q8_0 with the f16 scale 1. */
function file(damage: (data: DataView) => void) {
  const data = new DataView(new ArrayBuffer(128 + 2 * 34));
  for (const block of [128, 128 + 34]) data.setUint16(block, 0x3c00, true);
  damage(data);
  const tensors = [
    { name: "plain", type: F32, dims: [32], offset: 0 },
    { name: "blocks", type: Q8_0, dims: [32, 2], offset: 128 },
  ];
  return openCheckpoint(temporaryFile(ggufBytes({ tensors, data: new Uint8Array(data.buffer) })));
}

it("sound weights have none", async () => {
  using sound = file(() => {});
  expect(await findDamage(sound)).toBeUndefined();
});

it.each([
  ["a float that is no number", "plain", 12, (data: DataView) => data.setUint32(12, 0x7fc00000, true)],
  ["an infinite scale", "blocks", 34, (data: DataView) => data.setUint16(128 + 34, 0x7c00, true)],
])("%s is named with tensor and byte", async (_, name, offset, damage) => {
  using damaged = file(damage);
  expect(await findDamage(damaged)).toMatchObject({
    code: "weights-damaged",
    offset: damaged.tensor(name).offset + offset,
    message: expect.stringContaining(`tensor "${name}"`),
  });
});

it("stops when it is told to", async () => {
  using sound = file(() => {});
  await expect(findDamage(sound, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
});
