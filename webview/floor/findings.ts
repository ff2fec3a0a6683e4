import type { TargetSummary } from '../../src/protocol/measurement';
import { h, setText, showItems } from '../common/dom';
import { button } from '../common/fields';

/** A sentence about a curve. */
export interface Finding {
  readonly item: HTMLElement;
  /** How much it matters, as `severityOf` says. */
  readonly severity: number;
}

/** As many as leave the figure on the first screen: beside the controls, and where everything stands in one column. */
const shownFirst = { wide: 2, narrow: 1 } as const;
/** The style sheet has the same number. */
const wide = '(width >= 900px)';

/** How bad it is for those who train: what ends a training first, then what stops it from learning, then the rest. */
export function severityOf({ floor, deadFrom, firstNaN, firstInfinity, right, wrong }: TargetSummary): number {
  const fails = [right, wrong].map(({ lossNaN, gradientNaN }) => lossNaN !== null || gradientNaN !== null);
  if (fails[0]) return 5;
  if (fails[1] || firstNaN !== null) return 4;
  if (firstInfinity !== null || right.gradientInfinity !== null || wrong.gradientInfinity !== null) return 3;
  if (deadFrom !== null) return 2;
  return floor && floor.value !== 0 ? 1 : 0;
}

/** All sentences in the order of the curves; those that matter most are seen at once, the others when they are asked for. */
export class Findings {
  readonly element: HTMLElement;
  readonly list = h('ul', { id: 'sentences' });
  private readonly more: HTMLButtonElement;
  private readonly query = matchMedia(wide);
  private findings: readonly Finding[] = [];
  private open = false;

  constructor() {
    this.more = button('', { class: 'place', 'aria-controls': 'sentences', 'aria-expanded': 'false' }, () => {
      this.open = !this.open;
      this.draw();
    });
    this.more.hidden = true;
    this.element = h('section', { class: 'lead', 'aria-label': 'Findings' }, this.list, this.more);
    this.query.addEventListener('change', () => {
      this.draw();
    });
  }

  /** @param expected how many there will be: their room is kept free */
  show(findings: readonly Finding[], expected: number): void {
    this.findings = findings;
    this.element.style.setProperty('--findings', String(Math.min(expected, this.most)));
    this.draw();
  }

  private get most(): number {
    return this.query.matches ? shownFirst.wide : shownFirst.narrow;
  }

  private draw(): void {
    const { findings, open, most } = this;
    const worst = new Set([...findings].sort((a, b) => b.severity - a.severity).slice(0, most));
    showItems(
      this.list,
      findings.map((finding) => {
        finding.item.hidden = !open && !worst.has(finding);
        return finding.item;
      }),
    );
    this.more.hidden = findings.length <= most;
    this.more.setAttribute('aria-expanded', String(open));
    const rest = findings.length - most;
    setText(this.more, open ? 'Show the most important only' : `Show ${String(rest)} more`);
  }
}
