export { joinCells, type CellEdit, type CellPlace, type CellRange, type JoinedCells } from './join';
export { blankMagics } from './magics';
export { applyEdits, changesOf, readNotebook, sourcePlaces, type SourceChange, type SourcePlaces } from './notebook';
export type { Notebook, NotebookCell, NotebookProblem } from './notebook';
