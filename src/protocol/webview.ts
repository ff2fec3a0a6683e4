/** Messages between the panels of the extension host and their webviews. Types only. */
export type * from './floor';
export type * from './panel';
export type * from './samples';
export type * from './saving';
export type * from './training';
export type * from './zer';
