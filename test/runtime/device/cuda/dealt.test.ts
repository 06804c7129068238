/** Rows that are dealt to several GPUs by blocks. Pages of the fake are 2 MiB, and its cards have 1 GiB. */
import { beforeEach, describe, expect, it } from "vitest";
import { blockFor } from "../../../../runtime/device/cuda/blocks.js";
import { type CudaDevice, CudaGroup } from "../../../../runtime/device/cuda/index.js";
import type { DeviceBuffer } from "../../../../runtime/device/device.js";
import { CudaError, DeviceError, OutOfMemoryError } from "../../../../runtime/device/errors.js";
import { type Dealing, positionOf, slotOf, slotsBefore } from "../../../../runtime/parallel/dealing.js";
import type { Dealt } from "../../../../runtime/parallel/group.js";
import { openGguf } from "../../../../runtime/weights/index.js";
import { countCalls, isRelease } from "../../native/driver-calls.js";
import { openFake } from "../../native/fake-driver.js";
import { ggufBytes, temporaryFile } from "../../weights/write-gguf.js";
import { type FakeKernel, fakeBundle, pointer, scalar } from "./fake-bundle.js";

const { fake } = openFake();
const MiB = 2 ** 20;
const PAGE = 2 * MiB;
/** A block is a page: 16 tokens of 128 KiB. */
const ROWS = { block: 16, rowBytes: PAGE / 16, own: true } as const;

beforeEach(() => {
  fake.reset();
  fake.set("DEVICES", 4);
});

const append: FakeKernel = { name: "append", params: [pointer("out", "i32"), scalar("digit")], variants: [{}] };
const nothingLeft = () => expect.poll(() => fake.live(), { interval: 1 }).toEqual([]);

async function withGroup(ordinals: readonly number[], body: (group: CudaGroup) => void | Promise<void>): Promise<void> {
  {
    using group = CudaGroup.open(ordinals);
    await body(group);
  }
  await nothingLeft();
}

async function word(device: CudaDevice, from: DeviceBuffer, at = 0): Promise<number> {
  const into = new Int32Array(1);
  await device.read(from.view(at, 4), into);
  return into[0]!;
}

/** The pages that each GPU has. */
const used = (group: CudaGroup) => group.devices.map((device) => (2 ** 30 - device.memory().free) / PAGE);

/** The first word of each token's row is its position, written by one rank in the whole. */
async function number(group: CudaGroup, dealt: Dealt, writer: number): Promise<void> {
  const device = group.devices[writer]!;
  for (let token = 0; token < dealt.tokens; token++)
    await device.write(dealt.whole(writer).view(token * dealt.rowBytes, 4), Int32Array.of(token));
}

describe("the block", () => {
  it.each([
    [4096, [2048], 4096],
    [4096, [384], 16384],
    [4096, [128, 128], 16384],
    [4096, [2048, 16, 512], 131072],
    [5000, [2048], 5120],
    [4096, [PAGE], 4096],
    [1, [3], PAGE],
    [4096, [], 4096],
  ])("of at least %i tokens of %j bytes has %i", (tokens, rowBytes, block) => {
    expect(blockFor(tokens, rowBytes, PAGE)).toBe(block);
    for (const bytes of rowBytes) expect((block * bytes) % PAGE).toBe(0);
  });

  it("is refused where it is no whole pages, with one that is", () =>
    withGroup([0, 1], (group) => {
      const deal = () => group.deal({ block: 4096, rowBytes: 384, tokens: 1e6, own: true });
      expect(deal).toThrow(
        "Blocks of 4096 tokens of 384 bytes are no whole pages of 2097152 bytes. Deal 16384 tokens at a time.",
      );
      expect(deal).toThrow(DeviceError);
      expect(group.blockFor(4096, [384])).toBe(16384);
      expect(() => group.deal({ ...ROWS, block: 0, tokens: 4 })).toThrow("in blocks of 0");
      expect(() => group.deal({ ...ROWS, tokens: -1 })).toThrow("Cannot deal -1 tokens");
    }));
});

describe.each([1, 2, 3, 4])("rows over %i GPUs", (ranks) => {
  const ordinals = Array.from({ length: ranks }, (_, rank) => rank);
  const dealing: Dealing = { ranks, block: ROWS.block };

  it("lie with their owners, are one array to all, and each has its own behind each other", () =>
    withGroup(ordinals, async (group) => {
      const tokens = 5 * ROWS.block + 3;
      const dealt = group.deal({ ...ROWS, tokens: 7 * ROWS.block });
      dealt.grow(tokens);
      expect(group.mapped).toBe(true);
      expect(used(group).reduce((sum, pages) => sum + pages)).toBeGreaterThanOrEqual(6);
      const writer = ranks - 1;
      await number(group, dealt, writer);
      for (const [rank, device] of group.devices.entries()) {
        expect(dealt.whole(rank)).toMatchObject({ device, address: dealt.whole(0).address });
        for (const token of [0, 15, 16, 50, tokens - 1])
          expect(await word(device, dealt.whole(rank), token * ROWS.rowBytes), `token ${token}`).toBe(token);
        const slots = slotsBefore(dealing, rank, tokens);
        expect(dealt.own(rank).bytes).toBeGreaterThanOrEqual(slots * ROWS.rowBytes);
        for (const slot of [0, 15, 16, slots - 1].filter((one) => one >= 0 && one < slots)) {
          const position = positionOf(dealing, rank, slot);
          expect(slotOf(dealing, position)).toBe(slot);
          expect(await word(device, dealt.own(rank), slot * ROWS.rowBytes), `slot ${slot}`).toBe(position);
        }
      }
    }));

  it("grow in place by blocks in turns, under launches and graphs that were made before", () =>
    withGroup(ordinals, async (group) => {
      const dealt = group.deal({ ...ROWS, tokens: 100 * ROWS.block });
      const { address } = dealt.whole(0);
      expect(dealt).toMatchObject({ tokens: 0, capacity: 1600 });
      expect(used(group)).toEqual(ordinals.map(() => 0));
      const device = group.devices[ranks - 1]!;
      const kernel = (await device.load(fakeBundle([append]))).kernel("append");
      dealt.grow(1);
      // 32 MiB at least, in whole rounds.
      const step = Math.floor(16 / ranks) * ranks;
      expect(dealt.tokens).toBe(step * ROWS.block);
      expect(used(group)).toEqual(ordinals.map(() => step / ranks));
      const before = dealt.whole(ranks - 1);
      const launch = kernel.prepare([1], { out: before, digit: 4 });
      await device.write(before.view(0, 4), Int32Array.of(0));
      const graph = device.capture(() => {
        launch.run();
        dealt.grow(50 * ROWS.block);
      });
      graph.replay();
      dealt.whole(0).grow(90 * ROWS.block * ROWS.rowBytes);
      expect(dealt.tokens).toBeGreaterThanOrEqual(90 * ROWS.block);
      launch.run();
      expect(await word(device, dealt.whole(ranks - 1))).toBe(44);
      expect(dealt.whole(0).address).toBe(address);
      dealt.grow(1600);
      expect(dealt.tokens).toBe(1600);
      expect(() => dealt.grow(1601)).toThrow("Rows that were reserved for 1600 tokens cannot grow to 1601.");
      expect(() => dealt.whole(0).grow(1600 * ROWS.rowBytes + 1)).toThrow("cannot grow to");
      expect(dealt.own(0).bytes).toBe(Math.ceil(100 / ranks) * PAGE);
    }));
});

describe("dealt rows", () => {
  it("are out of bounds beyond what was reserved, though the last block reaches further", () =>
    withGroup([0, 1], (group) => {
      const dealt = group.deal({ ...ROWS, tokens: 20 });
      dealt.grow(20);
      expect(dealt.tokens).toBe(20);
      expect(dealt.whole(1).bytes).toBe(20 * ROWS.rowBytes);
      expect(() => dealt.whole(1).view(20 * ROWS.rowBytes, 1)).toThrow("lie outside a buffer of");
      expect(dealt.own(1)).toMatchObject({ bytes: PAGE, capacity: PAGE });
    }));

  it("are written, read, copied, filled and uploaded across blocks, each part where it lies", () =>
    withGroup([0, 1], async (group) => {
      const device = group.devices[1]!;
      const dealt = group.deal({ ...ROWS, tokens: 100 });
      dealt.grow(100);
      const edge = dealt.whole(1).view(2 * PAGE - 4, 8);
      await device.write(edge, Int32Array.of(1, 2));
      expect([await word(device, edge), await word(device, edge, 4)]).toEqual([1, 2]);
      device.copy(dealt.whole(1).view(PAGE - 8, 8), edge, 8);
      device.copy(edge, dealt.whole(1).view(PAGE - 6, 8), 8);
      const into = new Uint8Array(8);
      await device.read(dealt.whole(1).view(PAGE - 8), into);
      expect([...into]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
      device.fill(dealt.whole(1).view(0, 3 * PAGE), 9);
      expect(await word(group.devices[0]!, dealt.own(0), PAGE)).toBe(0x09090909);
      const large = Uint8Array.from({ length: 3 * PAGE }, (_, index) => index >> 12);
      await device.write(dealt.whole(1).view(PAGE / 2), large);
      const back = new Uint8Array(3 * PAGE);
      await device.read(dealt.whole(1).view(PAGE / 2), back);
      expect(Buffer.from(back.buffer).equals(large)).toBe(true);
      const data = Uint8Array.from({ length: 4000 }, (_, index) => index);
      using file = openGguf(
        temporaryFile(ggufBytes({ tensors: [{ name: "a", type: 0, dims: [1000], offset: 0 }], data })),
      );
      const to = dealt.whole(1).view(PAGE - 1001, 4000);
      await device.upload([{ to, ...file.stretch(file.tensor("a")) }]);
      const uploaded = new Uint8Array(4000);
      await device.read(to, uploaded);
      expect(Buffer.from(uploaded).equals(data)).toBe(true);
    }));

  it("grow by what a rank owns, too", () =>
    withGroup([0, 1], (group) => {
      const dealt = group.deal({ ...ROWS, tokens: 90 * ROWS.block });
      dealt.own(1).grow(20 * PAGE);
      expect(dealt.own(1).committed).toBeGreaterThanOrEqual(20 * PAGE);
      expect(dealt.tokens).toBeGreaterThanOrEqual(40 * ROWS.block);
      const odd = group.deal({ ...ROWS, tokens: ROWS.block });
      expect(() => odd.own(1).grow(1)).toThrow("A rank that owns 0 bytes of rows was to have 1");
    }));

  it("are lent whole and not what a rank has for itself", () =>
    withGroup([0, 1], async (group) => {
      const dealt = group.deal({ ...ROWS, tokens: 20 });
      dealt.grow(20);
      expect(() => group.lend(dealt.own(0), 1)).toThrow(
        "A buffer that Fake GPU (GPU 0) has for itself was to be lent to Fake GPU (GPU 1).",
      );
      group.devices[0]!.fill(dealt.whole(0), 2);
      await group.devices[0]!.synchronize();
      expect(await word(group.devices[1]!, group.lend(dealt.whole(0), 1))).toBe(0x02020202);
      const whole = group.deal({ ...ROWS, own: false, tokens: 20 });
      expect(() => whole.own(0)).toThrow("without a view of those that a rank owns");
    }));

  it("say which GPU has too little memory, keep what they have, and go on", () =>
    withGroup([0, 1], async (group) => {
      const dealt = group.deal({ ...ROWS, tokens: 1e6 });
      dealt.grow(32 * ROWS.block);
      await number(group, dealt, 0);
      const filler = group.devices[1]!.reserve(2 ** 40, { step: PAGE });
      filler.grow(900 * MiB);
      // 46 pages are free on GPU 1: a step of 16 blocks does not fit, what is wanted does.
      dealt.grow(2 * (16 + 44) * ROWS.block);
      dealt.grow(2 * (16 + 45) * ROWS.block);
      expect(dealt.tokens).toBe(2 * (16 + 45) * ROWS.block);
      const before = { used: used(group), tokens: dealt.tokens, live: fake.live() };
      const grow = () => dealt.grow(2 * (16 + 50) * ROWS.block);
      expect(grow).toThrow(OutOfMemoryError);
      expect(grow).toThrow(
        "Out of memory on Fake GPU (GPU 1): 132.0 MiB wanted, where 122.0 MiB are committed, 2.0 MiB of 1024.0 MiB free.",
      );
      expect(grow).toThrow(
        expect.objectContaining({
          ...{ wanted: 132 * MiB, committed: 122 * MiB, free: 2 * MiB },
          cause: expect.objectContaining({ call: `cuMemCreate(${PAGE}, device 1)` }),
        }),
      );
      expect({ used: used(group), tokens: dealt.tokens, live: fake.live() }).toEqual(before);
      expect(await word(group.devices[1]!, dealt.whole(1), 100 * ROWS.rowBytes)).toBe(100);
      filler.free();
      grow();
      expect(dealt.tokens).toBeGreaterThanOrEqual(2 * (16 + 50) * ROWS.block);
    }));

  it.each(["cuMemCreate", "cuMemMap", "cuMemSetAccess"])("are as before wherever %s fails", (name) =>
    withGroup([0, 1, 2], async (group) => {
      const dealt = group.deal({ block: 16, rowBytes: 2 * MiB, own: true, tokens: 16 * 9 });
      dealt.grow(16 * 2);
      await group.devices[2]!.write(dealt.whole(2), Int32Array.of(5));
      const before = { used: used(group), live: fake.live(), tokens: dealt.tokens };
      fake.reset();
      fake.set("DEVICES", 4);
      dealt.grow(before.tokens + 1);
      const { size } = new Set([name]);
      const calls = countCalls(fake.calls()).get(name)!;
      expect(calls).toBeGreaterThan(size);
      dealt.free();
      for (let nth = 1; nth <= calls; nth++) {
        const again = group.deal({ block: 16, rowBytes: 2 * MiB, own: true, tokens: 16 * 9 });
        again.grow(16 * 2);
        const live = fake.live();
        fake.reset();
        fake.set("DEVICES", 4);
        fake.fail(name, nth, 700);
        const grow = () => again.grow(before.tokens + 1);
        expect(grow, `${name} #${nth}`).toThrow(CudaError);
        expect(fake.live()).toEqual(live);
        expect(again.tokens).toBe(before.tokens);
        grow();
        again.free();
      }
    }),
  );

  it.each([
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
  ])("stay for who is left when GPUs are closed in the order %i, %i, %i", async (...order) => {
    const group = CudaGroup.open([0, 1, 2]);
    const dealt = group.deal({ ...ROWS, tokens: 100 });
    dealt.grow(100);
    await number(group, dealt, 1);
    const last = order.at(-1)!;
    for (const rank of order.slice(0, 2)) {
      group.devices[rank]!.close();
      expect(await word(group.devices[last]!, dealt.whole(last), 20 * ROWS.rowBytes)).toBe(20);
      expect(await word(group.devices[last]!, dealt.own(last), 0)).toBe(last * ROWS.block);
      expect(() => dealt.grow(100)).toThrow("Fake GPU was used after it was closed.");
    }
    expect(fake.live()).toContain("contexts 3");
    group.devices[last]!.close();
    await nothingLeft();
    dealt.free();
  });

  it("are freed once, behind queued work of all, and not used afterwards", () =>
    withGroup([0, 1], async (group) => {
      const second = group.devices[1]!;
      const kernels = await second.load(
        fakeBundle([append, { name: "endless", params: [scalar("n")], variants: [{}] }]),
      );
      const dealt = group.deal({ ...ROWS, tokens: 100 });
      dealt.grow(1);
      const launch = kernels.kernel("append").prepare([1], { out: dealt.whole(1), digit: 1 });
      kernels.kernel("endless").launch([1], { n: 1 });
      launch.run();
      dealt.free();
      dealt.free();
      expect(fake.live().join()).toMatch(/pages/);
      expect(() => launch.run()).toThrow("got a buffer that has been freed");
      expect(() => dealt.grow(2)).toThrow("were to grow after they were freed");
      expect(() => dealt.whole(0).view(0, 4)).toThrow("used after it was freed");
      fake.set("ENDLESS", 0);
      await expect.poll(() => fake.live().join()).not.toMatch(/pages|reservations/);
      expect(fake.launches().at(-1)).toMatch(/^append /);
    }));

  it("need addresses apart from memory on each GPU", async () => {
    fake.set("VIRTUAL_MEMORY", 0);
    await withGroup([0, 1], (group) => {
      expect(() => group.deal({ ...ROWS, tokens: 4 })).toThrow(
        "Fake GPU (GPU 0) cannot reserve addresses apart from memory",
      );
    });
  });
});

describe("when any driver call of a group fails", () => {
  const program = async () => {
    fake.set("DEVICES", 2);
    using group = CudaGroup.open([0, 1]);
    const [first, second] = group.devices as [CudaDevice, CudaDevice];
    const flag = group.hostWord();
    const mine = first.alloc(64);
    second.fill(group.lend(mine, 1), 1);
    second.copy(second.alloc(4), flag.on(1), 4);
    const growing = first.reserve(6 * MiB, { step: 1 });
    growing.grow(1);
    const lent = group.lend(growing, 1);
    growing.grow(3 * MiB);
    second.fill(lent.view(3 * MiB, 4), 1);
    const dealt = group.deal({ block: 16, rowBytes: MiB, own: true, tokens: 100 });
    dealt.grow(1);
    dealt.grow(40);
    second.fill(dealt.own(1).view(0, 4), 3);
    await Promise.all([first.synchronize(), second.synchronize()]);
    dealt.free();
    mine.free();
  };

  it("its error comes out, and nothing is left", async () => {
    await program();
    await nothingLeft();
    for (const [name, count] of countCalls(fake.calls())) {
      for (let nth = 1; nth <= (name === "cuCtxSetCurrent" ? 1 : count); nth++) {
        fake.reset();
        fake.fail(name, nth, 700);
        const outcome = await program().catch((error) => error);
        const mayHide = isRelease(name) || /cuEvent|cuStreamSynchronize|cuStreamQuery/.test(name);
        if (!mayHide || outcome !== undefined) {
          expect(outcome, `${name} #${nth}`).toBeInstanceOf(CudaError);
          expect(outcome.call, `${name} #${nth}`).toContain(name);
        }
        await expect.poll(() => fake.live(), { message: `${name} #${nth}`, interval: 1 }).toEqual([]);
      }
    }
  });
});
