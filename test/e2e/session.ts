/** What scripts/test-e2e.mjs has started for these tests: a VS Code with the packaged extension, and a browser. */
import { chromium, type Browser } from 'playwright-core';

export interface Session {
  /** The packaged extension. */
  readonly vsix: string;
  /** The folder that it was installed into. */
  readonly extensions: string;
  /** A copy of samples/, the folder that is open. */
  readonly workspace: string;
  /** Where screenshots go. */
  readonly artifacts: string;
  readonly origin: string;
  /** The browser's address for Playwright. */
  readonly browser: string;
}

export const session: Session = readSession();

function readSession(): Session {
  const text = process.env['LOSSFLOOR_E2E'];
  if (text === undefined) throw new Error('These tests are started by scripts/test-e2e.mjs: npm test -- --only e2e');
  return JSON.parse(text) as Session;
}

let connection: Promise<Browser> | undefined;

/** One connection for all test files; it ends with the process. */
export function browser(): Promise<Browser> {
  connection ??= chromium.connect(session.browser);
  return connection;
}
