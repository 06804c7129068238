import { expect, test } from "vitest";
import { serveTiny, tinyModel } from "./served.js";

const STREAMS = 200;

test(`${STREAMS} streams at once: each gets the whole of its own answer`, async () => {
  using model = await tinyModel();
  const server = await serveTiny(model);
  try {
    const expected = new Map<string, string>();
    const words = Array.from({ length: 8 }, (_, at) => `word ${at}`);
    for (const word of words)
      expected.set(word, (await model.generate(word, { temperature: 0, maxTokens: 4 }).result).text);
    const ask = async (word: string): Promise<string> => {
      const body = { model: "tiny", messages: [{ role: "user", content: word }], temperature: 0, max_tokens: 4 };
      const response = await server.post("/v1/chat/completions", { ...body, stream: true });
      expect([response.status, response.ok ? "" : await response.text()]).toEqual([200, ""]);
      const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: {"));
      const pieces = lines.map((line) => JSON.parse(line.slice(6)).choices[0].delta.content ?? "");
      return pieces.join("");
    };
    const asked = Array.from({ length: STREAMS }, (_, at) => words[at % words.length]!);
    const answers = await Promise.all(asked.map(ask));
    expect(answers).toEqual(asked.map((word) => expected.get(word)));
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/requests_under_way 0$/m);
  } finally {
    await server.close();
  }
}, 120_000);
