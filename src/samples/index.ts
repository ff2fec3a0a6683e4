export { ReadingCancelled, SamplesError } from './errors';
export { sampleLimits } from './limits';
export { readSamples, type SampleFile } from './read';
export { bytesSource, withFile, type ByteSource } from './source';
