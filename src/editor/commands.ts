/** Ids of the commands, as the manifest declares them. */
export const commands = {
  showPrecisionFloor: 'lossfloor.showPrecisionFloor',
  showZeroErrorRadius: 'lossfloor.showZeroErrorRadius',
  showLogs: 'lossfloor.showLogs',
  /** Of lenses and hovers alone: takes a FindingReference. */
  showFinding: 'lossfloor.showFinding',
} as const;

/** A finding's place, as the argument of a command: it has to survive being written as JSON. */
export interface FindingReference {
  readonly uri: string;
  readonly rule: string;
  readonly offset: number;
}
