import type { PlacedEdit, PlacedFinding, SourceChange, SourceText, SourceUnit, SuppressJob } from '../protocol/finder';
import {
  applyEdits,
  compatibleFixes,
  findingsIn,
  FindingsSession,
  maxFixRounds,
  ChangingText,
  suppressionEdit,
  type FinderSettings,
  type Finding,
  type Language,
} from '../rules';
import { syntaxErrorsIn } from '../rules/syntax';
import { ImportedModules } from './modules';
import { joinTexts, type JoinedTexts } from './joined';

type ChangingTexts = ReadonlyMap<string, ChangingText>;

/** What is read together, as the editor has it now. */
export class Unit {
  readonly #language: Language;
  readonly #notebook: boolean;
  /** By name, in their order. */
  readonly #texts: Map<string, string>;
  readonly #key: string;
  readonly #modules = new ImportedModules();
  #session: { readonly key: string; readonly session: FindingsSession } | undefined;

  /** @param key its URI */
  constructor(key: string, { language, notebook, texts }: SourceUnit) {
    this.#key = key;
    this.#language = language;
    this.#notebook = notebook;
    this.#texts = new Map(texts.map(({ id, text }) => [id, text]));
  }

  /** Each of the text as the ones before have left it. */
  change(changes: readonly SourceChange[]): void {
    for (const { id, start, end, text } of changes) {
      const before = this.#texts.get(id);
      if (before !== undefined) this.#texts.set(id, applyEdits(before, [{ start, end, text }]));
    }
  }

  lengths(): Record<string, number> {
    return Object.fromEntries([...this.#texts].map(([id, text]) => [id, text.length]));
  }

  findings(settings: FinderSettings): PlacedFinding[] {
    const joined = this.#join(textsOf(this.#texts));
    return this.#sessionFor(settings)
      .update(joined.text, this.#modules.of(this.#key))
      .map((finding) => place(finding, joined));
  }

  /** What applies every fix, each to what the ones before have left. */
  fixAll(settings: FinderSettings): { edits: PlacedEdit[]; applied: number } {
    let texts: ChangingTexts = new Map([...this.#texts].map(([id, text]) => [id, new ChangingText(text)]));
    let { joined, found } = this.#look(texts, settings);
    let applied = 0;
    for (let round = 0; round < maxFixRounds; round++) {
      const fixes = compatibleFixes(found.flatMap(({ fix }) => fix ?? []));
      // All at once if that does no harm, or else one of them.
      const attempts = [fixes, ...fixes.map((fix) => [fix])].filter((attempt) => attempt.length > 0);
      const next = first(attempts, (attempt) => {
        const edits = attempt.map((fix) => joined.editsOf(fix.edits)).filter((each) => each !== undefined);
        const changed = new Map([...texts].map(([id, text]) => [id, text.copy()]));
        for (const [id, text] of changed) text.apply(edits.flat().filter((edit) => edit.id === id));
        const looked = this.#look(changed, settings);
        const mended = found.length - looked.found.length;
        const breaks = syntaxErrorsIn(looked.joined.text, this.#language) > syntaxErrorsIn(joined.text, this.#language);
        return edits.length > 0 && mended >= edits.length && !breaks
          ? { ...looked, texts: changed, count: edits.length }
          : undefined;
      });
      if (!next) break;
      ({ joined, found, texts } = next);
      applied += next.count;
    }
    const edits = [...texts].flatMap(([id, text]) => text.edits().map((edit) => ({ id, ...edit })));
    return { edits, applied };
  }

  /** What silences a finding; undefined if its text is gone. */
  suppress(finding: SuppressJob['finding'], scope: SuppressJob['scope']): PlacedEdit | undefined {
    const { id } = finding;
    const text = this.#texts.get(id);
    return text === undefined ? undefined : { id, ...suppressionEdit(text, finding, scope, this.#language) };
  }

  /** What remembers the text as it was read last, by the same settings. */
  #sessionFor(settings: FinderSettings): FindingsSession {
    const key = JSON.stringify(settings);
    if (this.#session?.key !== key) {
      this.#session = { key, session: new FindingsSession({ settings, language: this.#language }) };
    }
    return this.#session.session;
  }

  #join(texts: readonly SourceText[]): JoinedTexts {
    return joinTexts(texts, this.#notebook);
  }

  #look(texts: ChangingTexts, settings: FinderSettings): { joined: JoinedTexts; found: Finding[] } {
    const joined = this.#join([...texts].map(([id, { text }]) => ({ id, text })));
    return { joined, found: this.#find(joined, settings) };
  }

  #find({ text }: JoinedTexts, settings: FinderSettings): Finding[] {
    return findingsIn(text, { settings, language: this.#language, load: this.#modules.of(this.#key) });
  }
}

/** What comes of the first of them of which anything comes. */
function first<Given, Result>(all: readonly Given[], attempt: (each: Given) => Result | undefined): Result | undefined {
  for (const each of all) {
    const result = attempt(each);
    if (result !== undefined) return result;
  }
  return undefined;
}

function textsOf(texts: ReadonlyMap<string, string>): SourceText[] {
  return [...texts].map(([id, text]) => ({ id, text }));
}

function place({ fix, ...finding }: Finding, joined: JoinedTexts): PlacedFinding {
  const { id, ...range } = joined.placeOf(finding.range);
  const { start, end } = joined.placeOf(finding.statement);
  const edits = fix && joined.editsOf(fix.edits);
  return {
    ...finding,
    id,
    range,
    statement: { start, end },
    related: finding.related.map(({ message, ...related }) => ({ message, ...joined.placeOf(related) })),
    ...(fix && edits ? { fix: { ...fix, edits } } : {}),
  };
}
