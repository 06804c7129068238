/** How well a model expects a long text, by the position in it, in each attention mode. */

export {
  type BucketFailure,
  type PerplexityProgress,
  runPerplexity,
  type ScoringModel,
  type Span,
  spansOf,
} from "./run.js";
export { type Bucket, readScores, SCORES, ScoresFile, type ScoresIdentity } from "./scores.js";
export { type BitsRow, chartOfBits, type ModeBits, summariseBits } from "./summary.js";
export { LongText } from "./text.js";
