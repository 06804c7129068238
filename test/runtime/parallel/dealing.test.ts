/** Where dealt tokens are, as TypeScript and as kernels say it, and as it would be counted one by one. */

import { expect, it } from "vitest";
import { download, upload } from "../../../runtime/device/arrays.js";
import { ownerOf, positionOf, slotOf, slotsBefore, slotsFor } from "../../../runtime/parallel/dealing.js";
import { openGroup } from "./on-cpu.js";

const DEALINGS = [
  { ranks: 1, block: 16 },
  { ranks: 2, block: 16 },
  { ranks: 3, block: 5 },
  { ranks: 4, block: 1 },
];

it.each(DEALINGS)("$ranks ranks, blocks of $block: every token has one owner and one slot, in order", (dealing) => {
  const held = Array.from({ length: dealing.ranks }, (): number[] => []);
  for (let position = 0; position < 203; position++) {
    for (const [rank, own] of held.entries()) expect(slotsBefore(dealing, rank, position)).toBe(own.length);
    const rank = ownerOf(dealing, position);
    expect(slotOf(dealing, position)).toBe(held[rank]!.length);
    expect(positionOf(dealing, rank, held[rank]!.length)).toBe(position);
    held[rank]!.push(position);
  }
  const most = Math.max(...held.map(({ length }) => length));
  expect(slotsFor(dealing, 203)).toBeGreaterThanOrEqual(most);
  expect(slotsFor(dealing, 203)).toBeLessThan(most + dealing.block);
});

it("kernels deal rows, and know how many a rank owns, as TypeScript does", async () => {
  const { group, kernels } = await openGroup(1, "parallel/deal");
  using _ = group;
  const [device] = group.devices;
  const [dealPosition, dealRows] = [kernels[0]!.dealPosition, kernels[0]!.dealRows];
  const [tokens, words, first] = [61, 5, 7];
  const rows = Int32Array.from({ length: tokens * words }, (_, at) => at + 1);
  const whole = await upload(device!, rows);
  const position = device!.alloc(4);
  const own = device!.alloc(32);
  for (const dealing of DEALINGS)
    for (let rank = 0; rank < dealing.ranks; rank++) {
      for (const past of [0, 1, 4, 15, 16, 31, 47, 200]) {
        await device!.write(position, Int32Array.of(past));
        dealPosition.launch([1], { position, own, added: 1, local: 6, rank, ...dealing });
        const said = await download(own, new Int32Array(8));
        expect([said[0], said[4]]).toEqual([
          slotsBefore(dealing, rank, Math.max(0, past + 1 - 6)) - 1,
          slotsBefore(dealing, rank, past + 1),
        ]);
      }
      const slots = device!.alloc(slotsFor(dealing, tokens) * words * 4);
      device!.fill(slots, 0);
      // All but the last from `first` on, and that by its position.
      const shared = { rows: whole, own: slots, words, rank, ...dealing, BLOCK: 4 };
      dealRows.launch([tokens - 1 - first], { ...shared, first });
      await device!.write(position, Int32Array.of(tokens - 1));
      dealRows.launch([1], { ...shared, position, first: 0 });
      const dealt = await download(slots, new Int32Array(slots.bytes / 4));
      const wanted = new Int32Array(dealt.length);
      for (let token = first; token < tokens; token++)
        if (ownerOf(dealing, token) === rank)
          wanted.set(rows.subarray(token * words, (token + 1) * words), slotOf(dealing, token) * words);
      expect(dealt).toEqual(wanted);
    }
});
