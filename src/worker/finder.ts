/** The finder's thread: keeps the texts that the editor shows and reads them, one job after the other. */
import { parentPort } from 'node:worker_threads';
import type { FinderJob, FinderOutcomes, FromFinder, PlacedFinding, ToFinder, UnitJob } from '../protocol/finder';
import { readProjectFile } from '../config';
import { plotOf } from '../rules';
import { ScannedModules } from './modules';
import { scanFile } from './scanFile';
import { Unit } from './unit';

/**
 * Findings in a message. The host takes a message apart in one go: this many take it about a millisecond.
 */
const findingsPerMessage = 50;

const port = parentPort;
if (!port) throw new Error('The finder is made to be run as a thread.');

const scannedModules = new ScannedModules();
const units = new Map<string, Unit>();

function send(message: FromFinder): void {
  port?.postMessage(message);
}

function handle(
  job: FinderJob,
  found: (findings: readonly PlacedFinding[]) => void,
): FinderOutcomes[FinderJob['type']] {
  switch (job.type) {
    case 'read': {
      const unit = unitOf(job);
      found(unit.findings(job.settings));
      return { lengths: unit.lengths() };
    }
    case 'fixAll': {
      const unit = unitOf(job);
      return { ...unit.fixAll(job.settings), lengths: unit.lengths() };
    }
    case 'suppress': {
      const unit = unitOf(job);
      return { edit: unit.suppress(job.finding, job.scope), lengths: unit.lengths() };
    }
    case 'project':
      return readProjectFile(job.text);
    case 'scan':
      return scanFile(job, scannedModules.of(job.key));
    case 'plot':
      return plotOf(job.finding);
  }
}

function unitOf({ key, unit: given, changes }: UnitJob): Unit {
  const unit = given ? new Unit(key, given) : units.get(key);
  if (!unit) throw new Error(`the finder has no ${key}`);
  units.set(key, unit);
  unit.change(changes);
  return unit;
}

port.on('message', (message: ToFinder) => {
  if (message.type === 'forget') {
    units.delete(message.key);
    return;
  }
  const { id, job } = message;
  try {
    const outcome = handle(job, (findings) => {
      for (let i = 0; i < findings.length; i += findingsPerMessage) {
        send({ type: 'findings', id, findings: findings.slice(i, i + findingsPerMessage) });
      }
    });
    send({ type: 'done', id, outcome });
  } catch (error) {
    send({ type: 'failed', id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
