import { after, before, test } from "node:test";
import { expectSample, formats, randomSample } from "../model-kernels/formats.js";
import { bundle, openBoth } from "./devices.js";

let both: Awaited<ReturnType<typeof openBoth>>;
before(async () => {
  both = await openBoth(bundle("cases"));
});
after(() => both.close());

for (const format of formats)
  test(`${format} is what JavaScript makes of it, whatever its bits`, async () => {
    for (const inRow of [1, 3]) await expectSample(both.gpu, both.onGpu, format, randomSample(format), inRow);
  });
