/** What long contexts of a model cost: dense attention beside ReAttention. */

export { type Charts, longContextCharts } from "./charts.js";
export { continueResults } from "./continue.js";
export { crossover, crossovers } from "./crossover.js";
export { firstTokenFloor, tokenFloor } from "./floors.js";
export type { Job, Subject } from "./measure.js";
export {
  type Crossover,
  type LongContextResults,
  longContextResults,
  type Row,
  withRow,
} from "./results.js";
export { type LongContextRun, runLongContext } from "./run.js";
export { crossoverTexts, rowText, shortInteger, tableText } from "./table.js";
