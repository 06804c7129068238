/** Chinese answers as LongBench (arXiv 2308.14508) and InfiniteBench (arXiv 2402.13718) score them. */

import { f1OfWords } from "./f1.js";
import type { CutWords } from "./jieba.js";
import { unionRougeL } from "./union-rouge.js";
import { PUNCTUATION, splitWords } from "./words.js";

/** Chinese punctuation in their published lists: of full width, of half width, brackets, quotation marks, dashes. */
const CHINESE_PUNCTUATION =
  /[！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏]/gu;

/** A text without case, punctuation and white space. */
const bare = (text: string): string =>
  splitWords(text.toLowerCase().replace(PUNCTUATION, "").replace(CHINESE_PUNCTUATION, "")).join("");

/** F1 over characters, 0 to 1: InfiniteBench's. */
export const f1OfCharacters = (answer: string, reference: string): number =>
  f1OfWords([...bare(answer)], [...bare(reference)]);

/** F1 over words that are bared after the text was cut, 0 to 1: LongBench's. */
export const chineseF1 =
  (cut: CutWords) =>
  (answer: string, reference: string): number => {
    const words = (text: string) => cut(text).map(bare).filter(Boolean);
    return f1OfWords(words(answer), words(reference));
  };

/** LongBench's ROUGE-L over words, 0 to 1. */
export const chineseRougeL =
  (cut: CutWords) =>
  (answer: string, reference: string): number =>
    unionRougeL(cut(answer).join(" "), cut(reference).join(" "));
