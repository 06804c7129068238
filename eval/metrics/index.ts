/** Scores of answers as published evaluations compute them. */

export { chineseF1, chineseRougeL, f1OfCharacters } from "./chinese.js";
export { anyContained, shareContained } from "./containing.js";
export { chosenLetters, exactMatch, judgement, numberIn, referenceLetters } from "./exam.js";
export { f1, f1OfWords } from "./f1.js";
export {
  amongNames,
  amongWords,
  chosenFunction,
  chosenOption,
  firstDigits,
  firstNumber,
  lastNumber,
  type Option,
  rightFromStart,
} from "./infinitebench.js";
export { chineseWords } from "./jieba.js";
export {
  classification,
  codeSimilarity,
  firstLine,
  numberBehind,
  shareOfNumbers,
  statedChoice,
} from "./longbench.js";
export { keywordsFound, needleScore } from "./needle.js";
export { containsReference, firstCapital, firstLetters, statedNumber } from "./opencompass.js";
export { rougeL, rougeLsum, rougeN } from "./rouge.js";
export { sequenceRatio } from "./sequence-ratio.js";
export { soleLabel } from "./sole-label.js";
export { unionRougeL } from "./union-rouge.js";
