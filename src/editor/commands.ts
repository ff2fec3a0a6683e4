/** Ids of the commands, as the manifest declares them. */
export const commands = {
  showPrecisionFloor: 'lossfloor.showPrecisionFloor',
  showZeroErrorRadius: 'lossfloor.showZeroErrorRadius',
  showTraining: 'lossfloor.showTraining',
  /** Takes the file to write to, if it is not to be asked for. */
  saveDashboard: 'lossfloor.saveDashboard',
  scanWorkspace: 'lossfloor.scanWorkspace',
  cancelScan: 'lossfloor.cancelScan',
  clearFindings: 'lossfloor.clearFindings',
  groupFindingsByRule: 'lossfloor.groupFindingsByRule',
  groupFindingsByFile: 'lossfloor.groupFindingsByFile',
  showLogs: 'lossfloor.showLogs',
  openSample: 'lossfloor.openSample',
  selectBackend: 'lossfloor.selectBackend',
  installCudaRuntime: 'lossfloor.installCudaRuntime',
  installWebGpuRuntime: 'lossfloor.installWebGpuRuntime',
  locateRuntime: 'lossfloor.locateRuntime',
  checkRuntime: 'lossfloor.checkRuntime',
  removeRuntime: 'lossfloor.removeRuntime',
  /** Of lenses, hovers and code actions alone: take a FindingReference. */
  showFinding: 'lossfloor.showFinding',
  applyFix: 'lossfloor.applyFix',
  /** Of lenses and hovers alone: takes a rule's id. */
  showRule: 'lossfloor.showRule',
  /** Of the view alone: takes a FoundPlace. */
  openFoundPlace: 'lossfloor.openFoundPlace',
} as const;

/** A finding's place, as the argument of a command: it has to survive being written as JSON. */
export interface FindingReference {
  readonly uri: string;
  readonly rule: string;
  readonly offset: number;
}

/** Where something was found in a file, open or not, by lines and columns from 0. */
export interface FoundPlace {
  readonly uri: string;
  /** Of a notebook, which of its cells. */
  readonly cell?: number;
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}
