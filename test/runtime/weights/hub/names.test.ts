import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { chooseGguf } from "../../../../runtime/weights/hub/choose-gguf.js";
import { ggufModels, quantizationOf } from "../../../../runtime/weights/hub/gguf-names.js";
import { parseReference } from "../../../../runtime/weights/hub/reference.js";
import { hubSettings } from "../../../../runtime/weights/hub/settings.js";
import { sizeText } from "../../../../runtime/weights/hub/size-text.js";
import { temporaryFolder } from "../../../temporary-folder.js";

it.each([
  ["hf:owner/model", "owner/model", undefined, "main"],
  ["hf:Qwen/Qwen2.5-0.5B_x:q4_k_m", "Qwen/Qwen2.5-0.5B_x", "q4_k_m", "main"],
  ["hf:o/m@refs/pr/1", "o/m", undefined, "refs/pr/1"],
  ["hf:o/m:BF16/a-00001-of-00002.gguf@v1.0", "o/m", "BF16/a-00001-of-00002.gguf", "v1.0"],
])("%s", (reference, repo, variant, revision) => {
  expect(parseReference(reference)).toEqual({ repo, variant, revision });
});

it.each([
  ["owner/model", /"owner\/model" does not begin with "hf:"\. Write hf:OWNER\/REPO/],
  ["hf:", /has no OWNER\/REPO/],
  ["hf:model", /has no OWNER\/REPO/],
  ["hf:a/b/c", /has no OWNER\/REPO/],
  ["hf:/b", /has no OWNER\/REPO/],
  ["hf:../b", /names "\.\."/],
  ["hf:a--b/c", /names "a--b"/],
  ["hf:a/b c", /names "b c"/],
  ["hf:a/b:", /nothing that could be a quantisation/],
  ["hf:a/b@", /has "" after the @/],
  ["hf:a/b@../../x", /after the @/],
  ["hf:a/b@main:Q4_0", /has "main:Q4_0" after the @/],
  ["hf:a/b@x@y", /more than one @/],
])("%s is no reference", (reference, message) => {
  expect(() => parseReference(reference)).toThrow(message);
});

it.each([
  ["SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1"],
  ["qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "Q4_K_M"],
  ["Llama-3.2-1B-Instruct-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"],
  ["BF16/gemma-BF16-00001-of-00002.gguf", "BF16"],
  ["Phi-3-mini-4k-instruct-q4.gguf", "Q4"],
  ["Phi-3-mini-4k-instruct-fp16.gguf", "F16"],
  ["gpt-oss-20b-mxfp4.gguf", "MXFP4"],
  ["Model-IQ2_XXS.gguf", "IQ2_XXS"],
  ["gemma-3-4b-it-qat-q4_0.gguf", "Q4_0"],
  ["ggml-model-Q4_0_4_4.gguf", "Q4_0_4_4"],
  ["model-F16-Q8_0.gguf", "Q8_0"],
  ["model-Q6_K.imat.gguf", "Q6_K"],
  ["gemma-2b-it.gguf", undefined],
  ["qwen2.gguf", undefined],
])("%s is quantised as %s", (path, quantization) => {
  expect(quantizationOf(path)).toBe(quantization);
});

it.each([
  ["Q8_0 F16 Q4_K_M", undefined, "Q4_K_M"],
  ["F16 Q8_0 Q2_K", undefined, "Q8_0"],
  ["IQ1_S", undefined, "IQ1_S"],
  ["UD-Q4_K_XL Q4_K_M", "q4_k_xl", "UD-Q4_K_XL"],
  ["UD-Q4_K_M Q4_K_M", "Q4_K_M", "Q4_K_M"],
  ["F16 F32", "fp16", "F16"],
  ["F16 F32", "m-f32.gguf", "F32"],
])("of %s, %s gives %s", (there, variant, taken) => {
  const models = ggufModels(there.split(" ").map((name) => ({ path: `dir/m-${name}.gguf`, bytes: 1 })));
  const reference = { repo: "o/m", revision: "main", variant };
  expect(chooseGguf(models, reference).quantization).toBe(taken);
});

it("projectors for images and importance matrices are no models", () => {
  const files = ["mmproj-model-f16.gguf", "m-Q8_0.imatrix.gguf", "m-Q8_0.gguf"].map((path) => ({ path, bytes: 1 }));
  expect(ggufModels(files).map(({ path }) => path)).toEqual(["m-Q8_0.gguf"]);
});

it.each<[NodeJS.ProcessEnv, string]>([
  [{}, "/home/me/.cache/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/xdg" }, "/xdg/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/xdg", HF_HOME: "~/hf" }, "/home/me/hf/hub"],
  [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
  [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/cache" }, "/cache"],
  [{ HF_HOME: "", HF_HUB_CACHE: "" }, "/home/me/.cache/huggingface/hub"],
])("%o keeps models in %s", (env, folder) => {
  expect(hubSettings({ HOME: "/home/me", ...env }).cacheFolder).toBe(folder);
});

it("the token comes from the environment, else from the file that huggingface-cli login writes", () => {
  const home = temporaryFolder("token");
  mkdirSync(join(home, "other"));
  writeFileSync(join(home, "token"), "hf_file\n");
  writeFileSync(join(home, "other", "mine"), "hf_mine");
  const tokenOf = (env: NodeJS.ProcessEnv) => hubSettings({ HF_HOME: home, ...env }).token;
  expect(tokenOf({ HF_TOKEN: " hf_env " })).toBe("hf_env");
  expect(tokenOf({})).toBe("hf_file");
  expect(tokenOf({ HF_TOKEN: "", HF_TOKEN_PATH: join(home, "other", "mine") })).toBe("hf_mine");
  expect(tokenOf({ HF_TOKEN_PATH: join(home, "nowhere") })).toBeUndefined();
  expect(() => tokenOf({ HF_TOKEN: "hf_a\nhf_b" })).toThrow(
    /^the token of HF_TOKEN has characters that no token has\. Put one/,
  );
});

it("the endpoint is an address, without a slash at its end", () => {
  expect(hubSettings({}).endpoint).toBe("https://huggingface.co");
  expect(hubSettings({ HF_ENDPOINT: "https://mirror/hf/" }).endpoint).toBe("https://mirror/hf");
  expect(() => hubSettings({ HF_ENDPOINT: "mirror" })).toThrow(/HF_ENDPOINT is "mirror", which is no address/);
  expect(() => hubSettings({ HF_ENDPOINT: "https://me:secret@mirror" })).toThrow(
    /^HF_ENDPOINT has a user name or password in it\. /,
  );
});

it("sizes are for people", () => {
  expect([0, 999, 1000, 98_362_432, 999_600_000, 4.92e9].map(sizeText)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "98.4 MB",
    "1.0 GB",
    "4.9 GB",
  ]);
});
