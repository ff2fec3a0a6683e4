export type { Finding, FormatFailures, MeasuredFailure, RelatedPlace, Severity } from './finding';
export { findingsIn, type FindingsOptions } from './findings';
export type { Rule } from './rule';
export { rules } from './rules';
