export type * from './backend';
export type * from './measurement';
export type * from './webview';
export type * from './worker';
