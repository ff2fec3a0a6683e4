/** Messages between the command line and the threads that help it to scan. Types only. */
import type { Finding, FinderSettings, Language } from '../rules';

/** Code to be looked at. */
export interface FindJob {
  /** What imports are relative to: an absolute path. */
  readonly file: string;
  readonly text: string;
  readonly language: Language;
  /** Only these rules, by id; all of them where undefined. */
  readonly rules: ReadonlySet<string> | undefined;
  readonly settings: FinderSettings | undefined;
  /** Whether fixes are looked for. */
  readonly fixes: boolean;
}

export interface ToScanner {
  readonly id: number;
  readonly job: FindJob;
}

/** Nothing is found where the job failed: whoever asked does it again and meets the error himself. */
export interface FromScanner {
  readonly id: number;
  readonly findings: readonly Finding[] | undefined;
}
