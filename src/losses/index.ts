export { batchMean, hardestMean, type Batch, type BatchLoss } from './batch';
export { torchBce } from './bce';
export * from './catalogue';
export { LossError, lossFamilies, type LossConstant, type LossEntry, type LossFamily, type LossForm } from './entry';
export { realFunctions, realLoss, type RealFunction, type RealLoss } from './real';
export { instanceNorm, moments, renormalize } from './normalisation';
export { fakeQuantize, hardSigmoid, precisionLoss, softsign, type Rounding } from './surrogates';
export { zeroErrorRadius, type ZeroErrorRadius } from './zer';
