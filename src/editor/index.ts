export * from './codeLenses';
export * from './commands';
export * from './configDiagnostics';
export * from './diagnostics';
export * from './documentation';
export * from './findings';
export * from './hovers';
