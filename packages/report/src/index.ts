// @neusim/report: pictures and pages of trained networks, and the statistics that compare them.

export { formatSmall } from './colors';
export { type ResultColumn, resultColumns } from './columns';
export { compareRuns } from './comparison/compare-runs';
export { type Labelled, mergeReports } from './comparison/merge-reports';
export type { Comparison, PairFigures, VariantFigures } from './comparison/types';
export { episodesPage, plusMinus, verdictOf } from './episodes/page';
export type { EpisodeDifference, EpisodeFigures, EpisodesReport } from './episodes/types';
export {
  type ConfusionCell,
  cellsOf,
  classFigures,
  confusedPairs,
  type Evaluated,
  evaluationReport,
} from './evaluation';
export type { Html } from './html';
export { type ActivateTools, activate } from './inspection/activate';
export { type InspectedNetwork, type InspectionWords, inspectionOf } from './inspection/inspection-of';
export { activateTools, inspectionPage } from './inspection/page';
export type {
  Curve,
  DynamicMatrix,
  InspectedSimilarity,
  Inspection,
  InspectionCost,
  InspectionLayer,
  InspectionSample,
  SpectrumFigures,
} from './inspection/types';
export { type InspectedLayer, type InspectedMap, type InspectedParts, learnedOf } from './learned';
export { matrixView, sampleStyle, shapeView, tapMaps } from './matrix';
export { reportPage } from './page';
export { parseReport } from './parse-report';
export { placesView } from './places-view';
export { pngFile } from './png';
export type { ResultRow, Results } from './results';
export { formatP, signed } from './sections/comparison';
export { learnedSections } from './sections/learned';
export { deviationOf, type Interval, meanInterval, meanOf, wilson } from './statistics/intervals';
export { tWithin, twoSidedT } from './statistics/student-t';
export { mcnemarExact, pairedT } from './statistics/tests';
export { viewStyle } from './style';
export type {
  ClassFigures,
  Confused,
  EvaluationReport,
  Learned,
  LearnedShape,
  Mistake,
  Picture,
  Point,
  PositionGrid,
  PredictedMatrix,
  Report,
  RunNote,
  RunReport,
  Sample,
  SamplingPlaces,
  Spread,
  StaticMatrix,
} from './types';
