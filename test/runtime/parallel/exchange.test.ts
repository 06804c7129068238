/** Ranks that give each other rows, over CPU devices beside each other. */

import { expect, it } from "vitest";
import { download } from "../../../runtime/device/arrays.js";
import { PeerExchange } from "../../../runtime/parallel/peer-exchange.js";
import { openGroup } from "./on-cpu.js";

/** What a rank gives in a round. */
const rowOf = (rank: number, round: number, words: number) =>
  Int32Array.from({ length: words }, (_, at) => (rank + 1) * 1_000_000 + round * 1000 + at);

it.each([2, 3, 4])("%i ranks have all rows in their order, round after round of odd sizes", async (ranks) => {
  const { group, kernels } = await openGroup(ranks, "parallel/exchange");
  using _ = group;
  const exchange = new PeerExchange({ group, kernels });
  // Several programs a round.
  const meeting = await exchange.meeting(140_000);
  const sizes = [1, 63, 64, 65, 777, 33_333];
  const rounds = 24;
  const rank = async (me: number) => {
    const device = group.devices[me]!;
    for (let round = 0; round < rounds; round++) {
      const words = sizes[(round * 5) % sizes.length]!;
      await device.write(meeting.mine(me), rowOf(me, round, words));
      meeting.gather(me, words * 4);
      // Now and then one looks at what it has while others go on.
      if ((round + me) % 3 > 0) continue;
      for (let other = 0; other < ranks; other++) {
        const got = await download(meeting.all(me).view(other * meeting.stride, words * 4), new Int32Array(words));
        expect(Buffer.compare(Buffer.from(got.buffer), Buffer.from(rowOf(other, round, words).buffer))).toBe(0);
      }
    }
    exchange.report(me);
    await device.synchronize();
  };
  await Promise.all(group.devices.map((_, me) => rank(me)));
  exchange.check();
});

it("replays a recorded round as often as it is asked", async () => {
  const { group, kernels } = await openGroup(2, "parallel/exchange");
  using _ = group;
  const meeting = await new PeerExchange({ group, kernels }).meeting(8);
  const graphs = group.devices.map((device, rank) => device.capture(() => meeting.gather(rank, 8)));
  for (let round = 0; round < 5; round++) {
    await Promise.all(group.devices.map((device, rank) => device.write(meeting.mine(rank), rowOf(rank, round, 2))));
    for (const graph of graphs) graph.replay();
    for (const rank of [0, 1])
      expect(await download(meeting.all(rank).view(meeting.stride, 8), new Int32Array(2))).toEqual(rowOf(1, round, 2));
  }
});

it("names the rank that does not answer, and waits for it once", async () => {
  const { group, kernels } = await openGroup(3, "parallel/exchange");
  using _ = group;
  const exchange = new PeerExchange({ group, kernels, timeLimit: 200 });
  const meeting = await exchange.meeting(4);
  const begun = performance.now();
  for (const rank of [0, 1]) {
    for (let round = 0; round < 20; round++) meeting.gather(rank, 4);
    exchange.report(rank);
  }
  await Promise.all([0, 1].map((rank) => group.devices[rank]!.synchronize()));
  expect(performance.now() - begun).toBeLessThan(10 * 200);
  expect(() => exchange.check()).toThrow(/^rank 2 \(CPU executor .*\) did not answer rank 0 \(.*\) within 0\.2 s\./);
});

it("ends all waits when the host says so", async () => {
  const { group, kernels } = await openGroup(2, "parallel/exchange");
  using _ = group;
  const exchange = new PeerExchange({ group, kernels });
  const meeting = await exchange.meeting(4);
  meeting.gather(0, 4);
  const waited = group.devices[0]!.synchronize();
  exchange.abort(new Error("rank 1 broke off"));
  await waited;
  expect(() => exchange.check()).toThrow("rank 1 broke off");
});
