export { applyEdits, applyFixes, compatibleFixes, maxFixRounds, ChangingText, type AppliedFixes } from './apply';
export type { Edit, Finding, Fix, FormatFailures, MeasuredFailure, RelatedPlace, Severity } from './finding';
export { findingsIn, mayContainFindings, type FindingsOptions, type Language } from './findings';
export { plotOf, type Plot, type PlottedFinding } from './plot';
export type { Rule } from './rule';
export { rules } from './rules';
export type { FinderSettings, KerasBackend, SeveritySetting } from './settings';
export { FindingsSession } from './session';
export { suppressionEdit, suppressionsOf } from './suppress';
