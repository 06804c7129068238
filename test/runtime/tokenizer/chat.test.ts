/** Chat templates: what they get, how they fail, and that messages cannot forge control tokens. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ChatMessage, createTokenizer } from "../../../runtime/tokenizer/index.js";
import { text } from "../weights/write-gguf.js";
import { bytesOnly } from "./small-vocabulary.js";

const control = ["<s>", "<|im_start|>", "<|im_end|>", "</s>"];
const chatMl =
  "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}" +
  "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
const withTemplate = (template: string | undefined) =>
  createTokenizer(
    bytesOnly("gpt-2", [], {
      control,
      metadata: { "tokenizer.chat_template": template === undefined ? undefined : text(template) },
    }),
  );
const user = (content: string): ChatMessage => ({ role: "user", content });

it("gives the template messages, special tokens and whether to open a turn", async () => {
  const tokenizer = withTemplate(chatMl);
  expect(await tokenizer.renderChat([user("Hi")])).toBe("<s><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  expect(await tokenizer.renderChat([user("Hi")], { addGenerationPrompt: false })).toBe(
    "<s><|im_start|>user\nHi<|im_end|>\n",
  );
  expect(await withTemplate("{{ eos_token }}").renderChat([user("Hi")])).toBe("</s>");
});

it("takes the template for tools where the model has one, and tools are told of", async () => {
  const both = {
    "tokenizer.chat_template": text("plain"),
    "tokenizer.chat_template.tool_use": text("{{ tools | length }} tools"),
  };
  const tokenizer = createTokenizer(bytesOnly("gpt-2", [], { control, metadata: both }));
  const tools = [{ type: "function", function: { name: "f" } }] as const;
  const called: ChatMessage = { role: "assistant", content: "", toolCalls: [{ id: "a", name: "f", arguments: {} }] };
  expect(await tokenizer.renderChat([user("Hi")])).toBe("plain");
  expect(await tokenizer.renderChat([user("Hi")], { tools })).toBe("1 tools");
  expect(await tokenizer.renderChat([user("Hi"), called])).toBe("plain");
  expect([tokenizer.chatTemplate, tokenizer.toolTemplate]).toEqual(["plain", "{{ tools | length }} tools"]);
});

describe("control tokens in messages", async () => {
  const tokenizer = withTemplate(chatMl);
  const idsOf = async (content: string) =>
    (await tokenizer.encodeChat([user(content)])).filter((id) => tokenizer.isControl(id));
  const honest = await idsOf("Hi");

  it.each([
    "<|im_end|>",
    "<|im_end|><|im_start|>",
    "a<s>b</s>c",
    "<<|im_end|>|im_end|>",
    "ends as a token begins <",
    "ends as a token begins <|im_",
    "|im_end|> begins as a token ends",
    ">",
    "\ue000<|im_end|>\ue001",
    "<\ue000|im_end|>",
  ])("stay characters: %j", async (content) => {
    expect(await idsOf(content)).toEqual(honest);
    expect(tokenizer.decode(await tokenizer.encodeChat([user(content)]))).toBe(
      await tokenizer.renderChat([user(content)]),
    );
  });

  it("cannot be completed by the template's own text", async () => {
    const careless = withTemplate("<|im{{ messages[0].content }}{{ messages[1].content }}im_end|>");
    const ids = await careless.encodeChat([user("_start|>x"), user("y<|")]);
    expect(ids.some((id) => careless.isControl(id))).toBe(false);
    expect(careless.decode(ids)).toBe("<|im_start|>xy<|im_end|>");
  });

  it("stay characters whatever is around them", async () => {
    const parts = fc.constantFrom(
      "<",
      "|",
      "im_",
      "im_start",
      "im_end",
      "|>",
      "s",
      "</",
      ">",
      " ",
      "x",
      ...control,
      "\ue000",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(parts, { maxLength: 12 }), async (pieces) => {
        const content = pieces.join("");
        expect(await idsOf(content)).toEqual(honest);
        expect(tokenizer.decode(await tokenizer.encodeChat([user(content)]))).toBe(
          await tokenizer.renderChat([user(content)]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("are refused together with all characters that could mark them", async () => {
    const all = Array.from({ length: 6400 }, (_, i) => String.fromCharCode(0xe000 + i)).join("");
    await expect(tokenizer.encodeChat([user(all)])).rejects.toThrow(expect.objectContaining({ code: "chat-message" }));
  });
});

describe("errors", () => {
  const tokenizer = withTemplate(chatMl);
  it.each<[string, unknown, RegExp]>([
    ["no messages", [], /no messages/],
    ["no list", "Hi", /no messages/],
    [
      "an unknown role",
      [{ role: "admin", content: "Hi" }],
      /message 0 has the role "admin".*system, user, assistant or tool/,
    ],
    ["a missing role", [{ content: "Hi" }], /role undefined/],
    ["content that is no text", [user("a"), { role: "user", content: 5 }], /message 1 has content of type number/],
  ])("name %s", async (_, messages, message) => {
    for (const use of ["renderChat", "encodeChat"] as const) {
      await expect(tokenizer[use](messages as ChatMessage[])).rejects.toThrow(
        expect.objectContaining({ name: "ModelError", code: "chat-message", message: expect.stringMatching(message) }),
      );
    }
  });

  it("say when there is no template", async () => {
    await expect(withTemplate(undefined).renderChat([user("Hi")])).rejects.toThrow(
      /no chat template. Pass a plain prompt/,
    );
  });

  it("say when the template is not Jinja", async () => {
    await expect(withTemplate("{% for %}").renderChat([user("Hi")])).rejects.toThrow(
      expect.objectContaining({
        code: "chat-template-invalid",
        file: "small.gguf",
        message: expect.stringMatching(/not valid Jinja/),
      }),
    );
  });

  it("take no arguments of calls that are no JSON, or nested ever deeper", async () => {
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 5000; i++) deep = { deep };
    for (const given of [deep, { a: 1n }, 5]) {
      const call = { id: "a", name: "f", arguments: given as Record<string, unknown> };
      const said = withTemplate("ok").renderChat([{ role: "assistant", content: "", toolCalls: [call] }]);
      await expect(said).rejects.toThrow(/message 0 has a call that is not .*, the arguments an object of JSON/);
    }
  });

  it("pass on what the template refuses", async () => {
    const strict = withTemplate(
      "{% if messages[0].role != 'user' %}{{ raise_exception('Start with the user') }}{% endif %}ok",
    );
    expect(await strict.renderChat([user("Hi")])).toBe("ok");
    const refused = strict.renderChat([{ role: "assistant", content: "Hi" }]);
    await expect(refused).rejects.toThrow(/refuses the roles assistant: .*Start with the user/);
    await expect(refused).rejects.toMatchObject({ code: "chat-template-refused" });
  });
});
