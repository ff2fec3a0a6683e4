export * from './catalogue';
export { LossError, lossFamilies, type LossConstant, type LossEntry, type LossFamily, type LossForm } from './entry';
export { zeroErrorRadius, type ZeroErrorRadius } from './zer';
