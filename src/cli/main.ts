/** The command line: the same core as the extension, without an editor. */
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { buffer } from 'node:stream/consumers';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Backends, BackendUnavailable, describeSelfTest, launchOf, type LaunchSettings } from '../engine';
import type { BackendState } from '../protocol';
import type { SharedWork } from '../protocol/shares';
import { LossError, losses } from '../losses';
import { findingsIn } from '../rules';
import { SamplesError } from '../samples';
import { TrainingError } from '../training';
import { toJson } from './json';
import { takeShares, workToShare } from '../worker/sharing';
import type { FoundFile } from './files';
import { measureCommand } from './measure';
import { Projects } from './projects';
import { scanCommand } from './scan';
import { Scanner, type Wanted } from './scanner';
import { trainCommand, trainOptions } from './train';
import { usage, UsageError } from './usage';

/** Replaced by the build with the version of package.json. */
declare const LOSSFLOOR_VERSION: string;

/**
 * A scan is over before what the compiler of Node 20 optimises pays off: with the budget of a function raised, one of
 * 14,000 lines took 0.83 s instead of 1.15, and half of the processor time. Node 24 has a quicker compiler between.
 */
function optimiseLater(): void {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=600000');
}

async function run(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (argv.includes('--help') || argv.includes('-h')) {
    print(usage);
    return 0;
  }
  switch (command) {
    case 'measure': {
      const { values, positionals } = parse(rest, {
        at: { type: 'string' },
        target: { type: 'string' },
        dtype: { type: 'string' },
        constant: { type: 'string', multiple: true, default: [] },
        backend: { type: 'string' },
        samples: { type: 'string' },
        json: { type: 'boolean', default: false },
        ...launchOptions,
      });
      const backends = backendsFor(values);
      try {
        print(
          await measureCommand(
            {
              what: positionals,
              at: values['at'] as string | undefined,
              target: values['target'] as string | undefined,
              dtype: values['dtype'] as string | undefined,
              constant: values['constant'] as string[],
              backend: values['backend'] as string | undefined,
              samples: values['samples'] as string | undefined,
              json: values['json'] === true,
            },
            backends,
          ),
        );
      } finally {
        backends.dispose();
      }
      return 0;
    }
    case 'scan': {
      optimiseLater();
      const { values, positionals } = parse(rest, {
        format: { type: 'string', default: 'text' },
        select: { type: 'string' },
        ignore: { type: 'string' },
        severity: { type: 'string' },
        'no-ignore': { type: 'boolean', default: false },
        fix: { type: 'boolean', default: false },
        diff: { type: 'boolean', default: false },
        jobs: { type: 'string' },
        'stdin-filename': { type: 'string' },
      });
      const { out, err, status } = await scanCommand(
        {
          paths: positionals,
          format: values['format'] as string,
          select: values['select'] as string | undefined,
          ignore: values['ignore'] as string | undefined,
          severity: values['severity'] as string | undefined,
          gitIgnore: values['no-ignore'] !== true,
          fix: values['fix'] === true,
          diff: values['diff'] === true,
          jobs: values['jobs'] as string | undefined,
          stdinFilename: values['stdin-filename'] as string | undefined,
        },
        {
          version: LOSSFLOOR_VERSION,
          pages: path.join(__dirname, '..', 'docs', 'rules'),
          readStandardInput: () => buffer(process.stdin),
          find: findingsIn,
          threadPath: __filename,
        },
      );
      process.stdout.write(out);
      process.stderr.write(err);
      return status;
    }
    case 'train': {
      const { values, positionals } = parse(rest, trainOptions);
      const backends = backendsFor({});
      try {
        print(await trainCommand({ what: positionals, values }, backends));
      } finally {
        backends.dispose();
      }
      return 0;
    }
    case 'losses':
      print(listLosses(wantsJson(rest)));
      return 0;
    case 'backends':
      print(await backendsCommand(rest));
      return 0;
    case '--version':
      print(LOSSFLOOR_VERSION);
      return 0;
    case 'help':
      print(usage);
      return 0;
    case undefined:
      throw new UsageError('No command given.');
    default:
      throw new UsageError(`There is no command "${command}".`);
  }
}

function parse(args: string[], options: NonNullable<ParseArgsConfig['options']>): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: joinNegativeNumbers(args), options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Of the commands that take --json and nothing else. */
function wantsJson(args: string[]): boolean {
  const { values, positionals } = parse(args, { json: { type: 'boolean', default: false } });
  if (positionals.length > 0) throw new UsageError(`There is nothing to do with "${String(positionals[0])}".`);
  return values['json'] === true;
}

/** parseArgs takes the value in `--at -30,30` for an option unless it is joined to the name. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  return args.reduce<string[]>((joined, argument) => {
    const last = joined.at(-1);
    if (last === '--at' && /^-[\d.I]/.test(argument)) joined[joined.length - 1] = `${last}=${argument}`;
    else joined.push(argument);
    return joined;
  }, []);
}

function listLosses(json: boolean): string {
  // Functions, such as each entry's `build`, are left out of JSON.
  if (json) return toJson(losses);
  return losses
    .map(({ id, label, formula, versions, constants }) => {
      const numbers = constants.map((constant) => `${constant.name} = ${String(constant.default)}`).join(', ');
      return [`${id}  ${label}`, `  ${versions}`, `  ${formula}`, ...(numbers ? [`  ${numbers}`] : [])].join('\n');
    })
    .join('\n\n');
}

/** How backends are to be started; the same for all commands that use them. */
const launchOptions = {
  python: { type: 'string' },
  framework: { type: 'string' },
  device: { type: 'string' },
  'cuda-path': { type: 'string' },
  'webgpu-path': { type: 'string' },
  'allow-software-adapter': { type: 'boolean', default: false },
} as const;

const frameworks = ['torch', 'tensorflow', 'keras', 'jax', 'numpy'] as const;

/** What is called from a command line is trusted. */
function backendsFor(values: Readonly<Record<string, unknown>>): Backends {
  const text = (name: keyof typeof launchOptions): string | undefined => values[name] as string | undefined;
  const asked = text('framework');
  const framework = frameworks.find((name) => name === asked);
  if (asked !== undefined && !framework) {
    throw new UsageError(`--framework: "${asked}" is not one of ${frameworks.join(', ')}.`);
  }
  const settings: LaunchSettings = {
    python: text('python'),
    ...(framework ? { pythonFramework: framework } : {}),
    pythonDevice: text('device'),
    cudaPath: text('cuda-path'),
    webgpuPath: text('webgpu-path'),
    allowSoftwareAdapter: values['allow-software-adapter'] === true,
  };
  const root = path.join(__dirname, '..');
  return new Backends({
    workerPath: path.join(__dirname, 'worker.js'),
    log: quiet,
    launch: (name) => launchOf(name, settings, { root }),
    trusted: () => true,
  });
}

async function backendsCommand(args: string[]): Promise<string> {
  const { values, positionals } = parse(args, { json: { type: 'boolean', default: false }, ...launchOptions });
  if (positionals.length > 0) throw new UsageError(`There is nothing to do with "${String(positionals[0])}".`);
  const backends = backendsFor(values);
  try {
    const states = await backends.probe();
    return values['json'] === true ? toJson(states) : states.map(describeBackend).join('\n');
  } finally {
    backends.dispose();
  }
}

function describeBackend(backend: BackendState): string {
  const lines = [`${backend.state === 'ready' ? '*' : ' '} ${backend.name.padEnd(7)} ${backend.title}`];
  if (backend.state === 'ready') {
    const { identity, formats, selfTest } = backend;
    lines.push(
      `${identity.device}; ${identity.version}`,
      `computes in ${formats.join(', ')}`,
      ...(identity.notes ?? []),
    );
    if (selfTest) lines.push(describeSelfTest(selfTest));
  } else if (backend.state === 'refused') lines.push(`not available: ${backend.message}`, backend.remedy);
  return lines.join('\n          ');
}

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // What the worker reports reaches the user as the error of the request.
}

// Whoever reads the output has seen enough: `lossfloor scan . | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

if (workToShare) void scanShare(workToShare as SharedWork<FoundFile, Wanted>);
else void run(process.argv.slice(2)).then(leave, leaveWith);

function leave(status: number): void {
  process.exitCode = status;
}

function leaveWith(error: unknown): void {
  process.exitCode = 2;
  process.stderr.write(`lossfloor: ${isForPeople(error) ? error.message : String((error as Error).stack ?? error)}\n`);
  if (error instanceof UsageError && !error.message.includes(':')) process.stderr.write(`\n${usage}`);
}

/** A thread of a scan, beside the one that was called: what is wrong with projects that one says. */
async function scanShare(work: SharedWork<FoundFile, Wanted>): Promise<void> {
  const scanner = new Scanner(work.given, new Projects(() => undefined), findingsIn);
  await takeShares(work, (file) => scanner.scan(file));
}

/** What was thrown to be read by whoever has called, and is no fault of the program. */
function isForPeople(error: unknown): error is Error {
  return [UsageError, LossError, TrainingError, BackendUnavailable, SamplesError].some((kind) => error instanceof kind);
}
