import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import manifest from '../../package.json';
import { rules, type Finding, type Rule, type Severity } from '../rules';
import type { Located, Region } from './located';

/** Where the documentation of rules can be read. */
const repository = manifest.repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
const documentation = `${repository}/blob/main/docs/rules/`;

/** The root of the sources, as code scanning services call it. */
const root = '%SRCROOT%';

export interface SarifOptions {
  readonly version: string;
  /** URIs are relative to this folder. */
  readonly sourceRoot: string;
  /** The folder with the rules' documentation. */
  readonly pages: string;
  /** What could not be read, and why. */
  readonly troubles: readonly string[];
}

/**
 * The findings as a SARIF 2.1.0 log. It is the same for the same findings: there are no times in it, and no names of
 * machines or users but the place of the sources.
 */
export function asSarif(found: readonly Located[], { version, sourceRoot, pages, troubles }: SarifOptions): string {
  const ids = [...new Set(found.map(({ rule }) => rule))].sort();
  const place = new Places(sourceRoot);
  const fingerprint = fingerprints();
  const log = {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'Lossfloor',
            version,
            semanticVersion: version,
            informationUri: repository,
            rules: ids.map((id) => describeRule(id, pages)),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [root]: { uri: `${pathToFileURL(sourceRoot).href.replace(/\/$/, '')}/` } },
        invocations: [
          {
            executionSuccessful: troubles.length === 0,
            toolExecutionNotifications: troubles.map((text) => ({ level: 'error', message: { text } })),
          },
        ],
        results: found.map((located) => ({
          ruleId: located.rule,
          ruleIndex: ids.indexOf(located.rule),
          ...level(located.severity),
          message: { text: located.message },
          locations: [place.ofFinding(located)],
          partialFingerprints: { 'lossfloorFinding/v1': fingerprint(located, place) },
          ...relatedLocations(located, place),
          ...fixes(located, place),
        })),
      },
    ],
  };
  return JSON.stringify(log, null, 2);
}

/** A result that is only for information has no level: SARIF has a kind for it. */
function level(severity: Severity): object {
  switch (severity) {
    case 'warning':
      return { kind: 'fail', level: 'warning' };
    case 'information':
      return { kind: 'fail', level: 'note' };
    case 'hint':
      return { kind: 'informational', level: 'none' };
  }
}

// ---------------------------------------------------------------- places

class Places {
  readonly #root: string;

  constructor(sourceRoot: string) {
    this.#root = sourceRoot;
  }

  /** Of a file below the root relative to it, of any other the whole. */
  artifact(file: string): { readonly uri: string; readonly uriBaseId?: string } {
    const relative = path.relative(this.#root, path.resolve(file));
    if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) {
      return { uri: pathToFileURL(path.resolve(file)).href };
    }
    return { uri: relative.split(path.sep).map(encodeURIComponent).join('/'), uriBaseId: root };
  }

  physical(file: string, region: Region): object {
    return { artifactLocation: this.artifact(file), region };
  }

  /** In a notebook it is the place in the file's JSON that services can show; people are told the cell as well. */
  ofFinding({ file, place: { cell, start, end }, region }: Located): object {
    const physicalLocation = this.physical(file, region);
    if (cell === undefined) return { physicalLocation };
    return {
      physicalLocation,
      logicalLocations: [{ name: `cell ${String(cell)}`, fullyQualifiedName: `cell ${String(cell)}`, kind: 'cell' }],
      properties: {
        cell,
        startLine: start.line,
        startColumn: start.column,
        endLine: end.line,
        endColumn: end.column,
      },
    };
  }
}

function relatedLocations({ file, related }: Located, place: Places): object {
  if (related.length === 0) return {};
  return {
    relatedLocations: related.map(({ region, message }, id) => ({
      id,
      physicalLocation: place.physical(file, region),
      message: { text: message },
    })),
  };
}

function fixes({ file, fix, replacements }: Located, place: Places): object {
  if (!fix || replacements.length === 0) return {};
  return {
    fixes: [
      {
        description: { text: fix.title },
        artifactChanges: [
          {
            artifactLocation: place.artifact(file),
            replacements: replacements.map(({ region, text }) => ({
              deletedRegion: region,
              insertedContent: { text },
            })),
          },
        ],
      },
    ],
  };
}

/**
 * A name for a finding that stays the same when lines are put in elsewhere in its file: of the rule, the file and the
 * code that is found, and of which of several such it is.
 */
function fingerprints(): (located: Located, place: Places) => string {
  const counts = new Map<string, number>();
  return ({ file, rule, code }, place) => {
    const name = createHash('sha256')
      .update(JSON.stringify([rule, place.artifact(file).uri, code]))
      .digest('hex')
      .slice(0, 32);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return `${name}:${String(count)}`;
  };
}

// ---------------------------------------------------------------- rules

function describeRule(id: Finding['rule'], pages: string): object {
  const rule: Pick<Rule, 'title' | 'severity'> = rules.find((each) => each.id === id) ?? {
    title: id,
    severity: 'warning',
  };
  const markdown = page(path.join(pages, `${id}.md`)) ?? rule.title;
  const { kind: _, ...defaultConfiguration } = level(rule.severity) as { kind: string; level: string };
  return {
    id,
    name: pascalCase(id),
    shortDescription: { text: rule.title },
    fullDescription: { text: firstParagraph(markdown) ?? rule.title },
    help: { text: plainText(markdown), markdown },
    helpUri: `${documentation}${id}.md`,
    defaultConfiguration,
    properties: {
      tags: ['numerical-stability', 'machine-learning'],
      precision: 'high',
      'problem.severity': rule.severity === 'warning' ? 'warning' : 'recommendation',
    },
  };
}

/** A page whose links work away from its folder; undefined where the documentation is not installed. */
function page(file: string): string | undefined {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return text.replace(
    /(!?)(\[[^\]]*\]\()(?![a-z]+:|#)([^)\s]+)/g,
    (_, image: string, before: string, target: string) =>
      `${image}${before}${new URL(target, image ? documentation.replace('/blob/', '/raw/') : documentation).href}`,
  );
}

function firstParagraph(markdown: string): string | undefined {
  const paragraph = markdown.split(/\r?\n\r?\n/).find((part) => part.trim() !== '' && !/^\s*(#|[-|!]|```)/.test(part));
  return paragraph === undefined ? undefined : plainText(paragraph).replace(/\s+/g, ' ').trim();
}

/** Markdown is readable as it is, but for links. */
function plainText(markdown: string): string {
  return markdown.replace(/!\[[^\]]*\]\([^)]*\)\s*/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}

function pascalCase(id: string): string {
  return id.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
}
