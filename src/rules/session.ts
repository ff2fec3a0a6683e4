import {
  analyseStatements,
  Dependencies,
  importedFrameworks,
  changeBetween,
  PythonParser,
  withLinked,
  type Change,
  type ModuleLoader,
  type PythonAnalysis,
  type Answers,
  type Statement,
} from '../python';
import type { Finding } from './finding';
import { contributionsOf, findingsIn, report, wantedIn, type Contribution, type FindingsOptions } from './findings';
import type { Rule } from './rule';

/** What is known of a text, by the statements of its module. */
interface Known {
  readonly text: string;
  /** What was looked for, and whose methods tensors were taken to have. */
  readonly wanted: readonly Rule[];
  readonly imported: readonly string[];
  readonly statements: readonly Statement[];
  readonly dependencies: Dependencies;
  readonly contributions: ReadonlyMap<Statement, Contribution>;
  readonly links: ReadonlyMap<Statement, ReadonlySet<Statement>>;
  readonly answers: Answers;
  readonly importPlace: number;
  readonly spelling: string;
  /** What other modules of the project brought. */
  readonly loaded: ReadonlyMap<string, ReturnType<ModuleLoader>>;
}

/**
 * The findings of one text while it is being written. It says exactly what `findingsIn` says of the same text, and
 * sooner: what a change has nothing to do with is neither parsed again nor gone through again.
 */
export class FindingsSession {
  readonly #options: FindingsOptions;
  readonly #parser = new PythonParser();
  #known: Known | undefined;
  #last: { readonly text: string; readonly findings: readonly Finding[] } | undefined;

  constructor(options: FindingsOptions = {}) {
    this.#options = options;
  }

  /**
   * @param text as it is now; what has changed since the last time is found out
   * @param load brings what other files say, as they are now
   */
  update(text: string, load = this.#options.load): readonly Finding[] {
    const options = { ...this.#options, load };
    if (this.#last?.text === text && !load) return this.#last.findings;
    const isPython = (options.language ?? 'python') === 'python';
    const findings = isPython ? this.#read(text, options) : findingsIn(text, options);
    this.#last = load ? undefined : { text, findings };
    return findings;
  }

  #read(text: string, options: FindingsOptions): readonly Finding[] {
    const before = this.#known;
    // Until it is known again, nothing is.
    this.#known = undefined;
    const loaded = new Map<string, ReturnType<ModuleLoader>>();
    const { load: given } = options;
    const load = given && recording(given, loaded);
    const wanted = wantedIn(text, { ...options, load });
    if (wanted.length === 0) return [];
    const statements = this.#parser.parse(text);
    const imported = importedFrameworks(text);
    const dependencies = new Dependencies(statements);
    const now = { text, wanted, imported, statements, dependencies, loaded };
    const kept = before && this.#kept(before, now, { ...options, load });
    return kept ?? this.#everything(now, { ...options, load });
  }

  #everything(now: Now, options: FindingsOptions): readonly Finding[] {
    const analysis = analyseStatements(now.statements, now.text, { load: options.load, imported: now.imported });
    const contributions = contributionsOf(analysis, now.wanted, options.settings);
    const findings = report([...contributions.values()], now.text, options) ?? [];
    this.#keep(now, analysis, contributions, analysis.links, analysis.answers);
    return findings;
  }

  /** What there is to say by what was known before and what has changed; undefined if that doesn't tell. */
  #kept(before: Known, now: Now, options: FindingsOptions): readonly Finding[] | undefined {
    if (!areSame(before.wanted, now.wanted) || !areSame(before.imported, now.imported)) return undefined;
    const { load } = options;
    for (const [module, scope] of before.loaded) if (load?.(module) !== scope) return undefined;
    const change = changeBetween(before.text, now.text);
    const there = new Set(now.statements);
    const were = new Set(before.statements);
    const gone = before.statements.filter((statement) => !there.has(statement));
    const asked = new Set(now.statements.filter((statement) => !were.has(statement)));
    // What is between two that have something in common may keep them apart.
    for (const root of before.contributions.keys()) {
      if (root.kind === 'function' || root.kind === 'class') continue;
      const linked = [...withLinked([root], before.links)];
      const [first, last] = [linked.map(({ start }) => start), linked.map(({ end }) => end)];
      if (Math.min(...first) <= change.end && Math.max(...last) >= change.start) asked.add(root);
    }
    now.dependencies.addDependents(
      asked,
      gone.flatMap((statement) => [...before.dependencies.boundBy(statement)]),
    );
    const linksOf = withLinked([...asked, ...gone], before.links);
    for (const statement of linksOf) if (there.has(statement)) asked.add(statement);
    const part = now.dependencies.neededFor(asked);
    if (part.length > mostAgain * now.statements.length) return undefined;
    const analysis = analyseStatements(now.statements, now.text, { load, imported: now.imported, asked }, part);
    if (analysis.isEntangled || analysis.spelling !== before.spelling) return undefined;
    if (analysis.importPlace !== moved(before.importPlace, change)) return undefined;
    // What is linked with it only now has not been gone through.
    if ([...withLinked(asked, analysis.links)].some((statement) => !asked.has(statement))) return undefined;
    if (!analysis.answers.agreeWith(before.answers)) return undefined;
    const again = contributionsOf(analysis, now.wanted, options.settings);
    const contributions = new Map<Statement, Contribution>();
    const old = new Set<Contribution>();
    for (const statement of now.statements) {
      const contribution = asked.has(statement) ? again.get(statement) : before.contributions.get(statement);
      if (!contribution) continue;
      contributions.set(statement, contribution);
      if (!asked.has(statement)) old.add(contribution);
    }
    if (change.end !== change.endBefore) {
      for (const contribution of old) if (!moveContribution(contribution, change)) return undefined;
    }
    const findings = report([...contributions.values()], now.text, options, (contribution) => old.has(contribution));
    if (!findings) return undefined;
    const links = new Map(analysis.links);
    for (const [statement, linked] of before.links) {
      if (there.has(statement) && !asked.has(statement)) links.set(statement, linked);
    }
    this.#keep(now, analysis, contributions, links, analysis.answers);
    return findings;
  }

  #keep(
    now: Now,
    { isEntangled, importPlace, spelling }: PythonAnalysis,
    contributions: ReadonlyMap<Statement | undefined, Contribution>,
    links: Known['links'],
    answers: Answers,
  ): void {
    if (isEntangled) return;
    const known = new Map<Statement, Contribution>();
    for (const [statement, contribution] of contributions) {
      if (!statement) return;
      known.set(statement, contribution);
    }
    this.#known = { ...now, contributions: known, links, answers, importPlace, spelling };
  }
}

type Now = Pick<Known, 'text' | 'wanted' | 'statements' | 'dependencies' | 'loaded'> & {
  readonly imported: ReturnType<typeof importedFrameworks>;
};

/** Keeps what other modules were asked for and gave. */
function recording(load: ModuleLoader, loaded: Map<string, ReturnType<ModuleLoader>>): ModuleLoader {
  return (module) => {
    const scope = load(module);
    loaded.set(module, scope);
    return scope;
  };
}

/** Where nearly everything is gone through again, it may as well be everything. */
const mostAgain = 0.8;

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}

/** Where a place of the text before is in the text after it; undefined if it was changed itself. */
function moved(place: number, { start, endBefore, end }: Change): number | undefined {
  if (place >= endBefore) return place + end - endBefore;
  return place <= start ? place : undefined;
}

/** Moves all places to where they are now; false if there is one that isn't any more. */
function moveContribution({ found, spared }: Contribution, change: Change): boolean {
  let isThere = true;
  const place = <T extends { readonly start: number; readonly end: number }>(range: T): T => {
    const [start, end] = [moved(range.start, change), moved(range.end, change)];
    isThere &&= start !== undefined && end !== undefined;
    return { ...range, start: start ?? 0, end: end ?? 0 };
  };
  for (const each of spared) each.range = place(each.range);
  for (const each of found) {
    each.range = place(each.range);
    const { finding } = each;
    if (!finding) continue;
    each.finding = {
      ...finding,
      range: place(finding.range),
      statement: place(finding.statement),
      related: finding.related.map(place),
      ...(finding.fix ? { fix: { ...finding.fix, edits: finding.fix.edits.map(place) } } : {}),
    };
  }
  return isThere;
}
