import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReadyBackend } from '../../protocol';
import { BackendRefused, RequestCancelled, type Log } from '../workerClient';
import { unpack } from './archive';
import { download, sizeAt, type Checksum } from './download';
import { cancelled, messageOf, RuntimeError } from './error';
import { takeLock, type Lock, type LockOptions } from './lock';
import {
  definitionOf,
  packageOf,
  withEnvironment,
  type Artifact,
  type Platform,
  type RuntimeDefinition,
  type RuntimeName,
  type RuntimeSources,
} from './manifest';
import { freeSpace, problemsOf } from './preflight';
import type { Probe } from './probe';

/** What somebody is asked before anything is downloaded. */
export interface InstallPlan {
  readonly runtime: RuntimeName;
  readonly title: string;
  readonly version: string;
  /** Hosts that are downloaded from. */
  readonly from: readonly string[];
  readonly to: string;
  readonly files: number;
  /** Bytes that are downloaded; undefined if a server doesn't say. */
  readonly download: number | undefined;
  /** What speaks against it on this machine, in sentences. */
  readonly problems: readonly string[];
}

export interface InstallProgress {
  readonly stage: 'download' | 'unpack' | 'probe';
  /** What is being done, in words. */
  readonly detail: string;
  /** From 0 to 1, of the stage; undefined if nobody knows. */
  readonly fraction?: number;
}

/** How the installer talks with its user: dialogs of an editor, or a terminal. */
export interface RuntimeUi {
  consent(plan: InstallPlan): Promise<boolean>;
  /** Shows that the work goes on, and lets it be cancelled. */
  progress<T>(
    title: string,
    work: (report: (progress: InstallProgress) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

/** What is written beside an installed runtime when it is complete: without it there is none. */
export interface InstalledManifest {
  readonly schema: 1;
  readonly runtime: RuntimeName;
  readonly version: string;
  readonly platform: string;
  /** What it was made from. */
  readonly artifacts: readonly { readonly id: string; readonly url: string; readonly checksum: string }[];
  readonly bytes: number;
}

export type RuntimeState =
  | { readonly state: 'unsupported'; readonly reason: string; readonly remedy: string }
  | { readonly state: 'not-installed' }
  | { readonly state: 'installing'; readonly progress: InstallProgress }
  | {
      readonly state: 'installed';
      readonly folder: string;
      readonly manifest: InstalledManifest;
      readonly isOutdated: boolean;
    }
  | { readonly state: 'located'; readonly folder: string }
  | { readonly state: 'broken'; readonly reason: string; readonly remedy: string };

/** A runtime that has been opened: what it is, or why it finds no device though nothing is wrong with it. */
export interface Checked {
  readonly folder: string;
  readonly ready?: ReadyBackend;
  /** In sentences: it computes on the CPU, or finds no device. */
  readonly warning?: string;
}

export interface InstallerOptions {
  /** Where runtimes are installed: the folder of each is named after it. */
  readonly root: string;
  readonly ui: RuntimeUi;
  readonly log: Log;
  /** Whether programs may be installed and run: whether the workspace is trusted. */
  readonly trusted: () => boolean;
  readonly probe: Probe;
  readonly sources?: () => RuntimeSources;
  /** Folders with CUDA's libraries, as set. */
  readonly libraryPath?: () => string | undefined;
  readonly platform?: Platform;
  /** What is to be installed; for tests, whose server has not the real files. */
  readonly define?: typeof definitionOf;
  readonly freeSpace?: (folder: string) => Promise<number>;
  readonly lock?: LockOptions;
  /** The pause before a broken download is tried again, in milliseconds. */
  readonly firstPause?: number;
}

const manifestName = 'runtime.json';
/** Where the user says what files have to be that are published without a checksum. */
export const checksumSetting = 'lossfloor.backend.cuda.checksums';

const concurrent = 4;
/** Archive, what comes out of it, and room to breathe. */
const spaceFactor = 3;

/**
 * Installs what is too big to ship, on request and never by itself: asks with the size, downloads with checksums, unpacks
 * beside the place that it is to have, opens it there, and only then puts it in its place. Nothing of npm runs.
 */
export class RuntimeInstaller {
  private readonly running = new Map<RuntimeName, InstallProgress>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly options: InstallerOptions) {}

  onChange(listener: () => void): { dispose(): void } {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  }

  /** The folder of an installed runtime, in whose node_modules its package is. */
  folderOf(name: RuntimeName): string {
    return path.join(this.options.root, name);
  }

  /**
   * What there is, without opening it.
   * @param located the folder that the user has set
   */
  state(name: RuntimeName, located?: string): RuntimeState {
    const progress = this.running.get(name);
    if (progress) return { state: 'installing', progress };
    if (located !== undefined) {
      if (hasPackage(located, name)) return { state: 'located', folder: located };
      const reason = `${located} has no ${packageOf[name]} in its node_modules.`;
      return { state: 'broken', reason, remedy: 'Locate another folder, or clear the setting.' };
    }
    const definition = this.definition(name);
    const folder = this.folderOf(name);
    const manifest = readManifest(folder);
    if (manifest) {
      if (!hasPackage(folder, name)) {
        const reason = `${folder} has lost its ${packageOf[name]}.`;
        return { state: 'broken', reason, remedy: 'Install the runtime anew.' };
      }
      const isOutdated = !('reason' in definition) && definition.version !== manifest.version;
      return { state: 'installed', folder, manifest, isOutdated };
    }
    if (existsSync(folder)) {
      const reason = `${folder} is no complete installation: ${manifestName} is missing.`;
      return { state: 'broken', reason, remedy: 'Install the runtime anew, which replaces it, or remove it.' };
    }
    return 'reason' in definition ? { state: 'unsupported', ...definition } : { state: 'not-installed' };
  }

  /**
   * Asks, downloads, unpacks, tries, and puts in place.
   * @throws RuntimeError
   */
  async install(name: RuntimeName): Promise<Checked> {
    this.demandTrust();
    const definition = this.definition(name);
    if ('reason' in definition) throw new RuntimeError('unsupported', definition.reason, definition.remedy);
    demandChecksums(definition);
    const plan = await this.plan(definition);
    await this.demandSpace(plan);
    if (!(await this.options.ui.consent(plan))) throw cancelled();
    return this.locked(name, (lock) =>
      this.options.ui.progress(`Installing ${definition.title}`, (report, signal) =>
        this.put(
          definition,
          plan,
          lock,
          (progress) => {
            this.set(name, progress);
            report(progress);
          },
          signal,
        ),
      ),
    ).finally(() => this.set(name, undefined));
  }

  /**
   * Opens a runtime that is somewhere else already.
   * @param chosen the folder that has it in its node_modules, or that, or the package itself
   * @returns with the folder that is to be set
   * @throws RuntimeError
   */
  async locate(name: RuntimeName, chosen: string): Promise<Checked> {
    this.demandTrust();
    const up = packageOf[name].split('/').map(() => '..');
    const candidates = [chosen, path.join(chosen, '..'), path.join(chosen, '..', ...up)].map((each) =>
      path.resolve(each),
    );
    const folder = candidates.find((each) => hasPackage(each, name));
    if (folder === undefined) {
      throw new RuntimeError(
        'broken',
        `${chosen} has no ${packageOf[name]} in its node_modules.`,
        `Choose the folder in which "npm install ${packageOf[name]}" was run.`,
      );
    }
    return this.options.ui.progress(`Checking ${folder}`, (report, signal) => this.try(name, folder, report, signal));
  }

  /**
   * Opens the runtime, as a backend would.
   * @throws RuntimeError
   */
  async check(name: RuntimeName, located?: string): Promise<Checked> {
    this.demandTrust();
    const found = this.state(name, located);
    switch (found.state) {
      case 'installed':
      case 'located':
        return this.options.ui.progress(`Checking ${found.folder}`, (report, signal) =>
          this.try(name, found.folder, report, signal),
        );
      case 'broken':
        throw new RuntimeError('broken', found.reason, found.remedy);
      case 'unsupported':
        throw new RuntimeError('unsupported', found.reason, found.remedy);
      case 'installing':
        throw new RuntimeError('busy', 'The runtime is being installed.', 'Wait until that has finished.');
      case 'not-installed':
        throw new RuntimeError('broken', 'The runtime is not installed.', 'Install it, or locate one that is there.');
    }
  }

  /** Removes what was installed, and what was downloaded for it. @throws RuntimeError */
  async remove(name: RuntimeName): Promise<void> {
    this.demandTrust();
    await this.locked(name, async () => {
      const folder = this.folderOf(name);
      // Without it there is none, whatever happens from here on. Taking the rest apart takes its time.
      await rm(path.join(folder, manifestName), { force: true });
      if (existsSync(folder)) await this.move(folder, this.beside(name, 'old'));
      await this.sweep(name);
      await rm(this.downloads(name), { recursive: true, force: true });
    });
    this.changed();
  }

  private async plan(definition: RuntimeDefinition): Promise<InstallPlan> {
    const { name, title, version, artifacts } = definition;
    const [sizes, problems] = await Promise.all([
      inParallel(artifacts, ({ url }) => sizeAt(url)),
      problemsOf(name, this.options.libraryPath?.()),
    ]);
    const isKnown = sizes.every((size) => size !== undefined);
    return {
      runtime: name,
      title,
      version,
      from: [...new Set(artifacts.map(({ url }) => new URL(url).host))],
      to: this.folderOf(name),
      files: artifacts.length,
      download: isKnown ? sizes.reduce((sum, size) => sum + size, 0) : undefined,
      problems,
    };
  }

  private async demandSpace({ download: bytes, to }: InstallPlan): Promise<void> {
    const free = await (this.options.freeSpace ?? freeSpace)(this.options.root).catch((error: unknown) => {
      throw new RuntimeError('disk', `${this.options.root} can't be written: ${messageOf(error)}`, 'Make it writable.');
    });
    const needed = spaceFactor * (bytes ?? 0);
    if (free >= needed) return;
    throw new RuntimeError(
      'disk',
      `${to} needs ${inMegabytes(needed)} while it is installed, and ${inMegabytes(free)} are free there.`,
      'Make room on this disk, or install it elsewhere and use "Locate Existing".',
    );
  }

  private async put(
    definition: RuntimeDefinition,
    plan: InstallPlan,
    lock: Lock,
    report: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<Checked> {
    const { name, version, artifacts } = definition;
    const { log } = this.options;
    await this.download(definition, plan, report, signal);
    await lock.check();
    const staging = this.beside(name, 'new');
    try {
      await mkdir(staging, { recursive: true });
      let bytes = 0;
      for (const [i, artifact] of artifacts.entries()) {
        report({ stage: 'unpack', detail: `Unpacking ${artifact.id}`, fraction: i / artifacts.length });
        const to = path.join(staging, ...artifact.to.split('/'));
        await mkdir(to, { recursive: true });
        const { strip, keep } = artifact;
        bytes += await unpack(this.fileOf(name, artifact), to, { strip, ...(keep ? { keep } : {}), signal });
      }
      const checked = await this.try(name, staging, report, signal);
      const platform = this.platform();
      const manifest: InstalledManifest = {
        schema: 1,
        runtime: name,
        version,
        platform: `${platform.platform} ${platform.arch}`,
        artifacts: artifacts.map(({ id, url, checksum }) => ({
          id,
          url,
          checksum: Object.values(checksum ?? {}).join(''),
        })),
        bytes,
      };
      await writeFile(path.join(staging, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
      if (signal.aborted) throw cancelled();
      await lock.check();
      const folder = this.folderOf(name);
      const old = existsSync(folder) ? this.beside(name, 'old') : undefined;
      if (old !== undefined) await this.move(folder, old);
      try {
        await this.move(staging, folder);
      } catch (error) {
        if (old !== undefined) await rename(old, folder);
        throw error;
      }
      log.info(`installed ${definition.title} ${version} in ${folder}`);
      await this.sweep(name);
      await rm(this.downloads(name), { recursive: true, force: true });
      return { ...checked, folder };
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  private async download(
    { name, artifacts }: RuntimeDefinition,
    { download: total }: InstallPlan,
    report: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const received = new Map<string, number>();
    const { firstPause } = this.options;
    // One that fails ends the others.
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let first: Error | undefined;
    await inParallel(artifacts, async (artifact) => {
      if (either.aborted) return;
      try {
        await download({
          url: artifact.url,
          checksum: checksumOf(artifact),
          file: this.fileOf(name, artifact),
          signal: either,
          ...(firstPause === undefined ? {} : { firstPause }),
          onProgress: (bytes) => {
            received.set(artifact.url, bytes);
            const sum = [...received.values()].reduce((all, each) => all + each, 0);
            report({
              stage: 'download',
              detail: `${inMegabytes(sum)}${total === undefined ? '' : ` of ${inMegabytes(total)}`}, ${artifact.id}`,
              ...(total === undefined ? {} : { fraction: Math.min(1, sum / total) }),
            });
          },
        });
      } catch (error) {
        first ??= error as Error;
        failed.abort();
      }
    });
    if (signal.aborted) throw cancelled();
    if (first !== undefined) throw first;
  }

  private async try(
    name: RuntimeName,
    folder: string,
    report: (progress: InstallProgress) => void,
    signal: AbortSignal,
  ): Promise<Checked> {
    report({ stage: 'probe', detail: 'Opening it' });
    try {
      const ready = await this.options.probe(name, folder, signal, (stage, detail) => {
        report({ stage: 'probe', detail: detail ?? `Opening it (${stage})` });
      });
      const { hardware, device } = ready.identity;
      if (hardware === 'gpu') return { folder, ready };
      return { folder, ready, warning: `It computes on no GPU but on ${device}.` };
    } catch (error) {
      if (signal.aborted || error instanceof RequestCancelled) throw cancelled();
      if (!(error instanceof BackendRefused)) {
        throw new RuntimeError('probe', `It does not work: ${messageOf(error)}`, 'The log has what it said last.');
      }
      const { code, message, remedy } = error.refusal;
      // Nothing is wrong with the runtime where there is no device.
      if (code === 'no-device') return { folder, warning: `${message} ${remedy}` };
      throw new RuntimeError('probe', message, remedy);
    }
  }

  /** Work that only one window may do at a time, with what a window that died left behind out of its way. */
  private async locked<T>(name: RuntimeName, work: (lock: Lock) => Promise<T>): Promise<T> {
    const lock = await takeLock(path.join(this.options.root, `${name}.lock`), this.options.lock);
    try {
      await this.sweep(name);
      return await work(lock);
    } finally {
      await lock.release();
    }
  }

  /** Removes what is left of other installations; an old one whose successor never came is put back. */
  private async sweep(name: RuntimeName): Promise<void> {
    const { root } = this.options;
    for (const each of await readdir(root)) {
      if (!each.startsWith(`.${name}-`)) continue;
      const folder = path.join(root, each);
      if (each.startsWith(`.${name}-old-`) && !existsSync(this.folderOf(name)) && readManifest(folder)) {
        await rename(folder, this.folderOf(name));
      } else {
        await rm(folder, { recursive: true, force: true });
      }
    }
  }

  private async move(from: string, to: string): Promise<void> {
    try {
      await rename(from, to);
    } catch (error) {
      throw new RuntimeError(
        'disk',
        `${from} can't be moved: ${messageOf(error)}`,
        'Close other windows whose backends use it, and try again.',
      );
    }
  }

  private beside(name: RuntimeName, what: 'new' | 'old'): string {
    return path.join(this.options.root, `.${name}-${what}-${randomUUID()}`);
  }

  private downloads(name: RuntimeName): string {
    return path.join(this.options.root, 'download', name);
  }

  private fileOf(name: RuntimeName, artifact: Artifact): string {
    const known = Object.values(checksumOf(artifact))
      .join('')
      .replace(/[^A-Za-z0-9]/g, '');
    // Of the same content under the same name, wherever it comes from.
    return path.join(this.downloads(name), known.slice(0, 64));
  }

  private definition(name: RuntimeName): ReturnType<typeof definitionOf> {
    return (this.options.define ?? definitionOf)(name, this.platform(), withEnvironment(this.options.sources?.()));
  }

  private platform(): Platform {
    return this.options.platform ?? process;
  }

  private demandTrust(): void {
    if (this.options.trusted()) return;
    throw new RuntimeError(
      'untrusted',
      'Runtimes are neither installed nor run in Restricted Mode.',
      'Trust the workspace first.',
    );
  }

  private set(name: RuntimeName, progress: InstallProgress | undefined): void {
    if (progress) this.running.set(name, progress);
    else this.running.delete(name);
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

function hasPackage(folder: string, name: RuntimeName): boolean {
  return existsSync(path.join(folder, 'node_modules', packageOf[name], 'package.json'));
}

function readManifest(folder: string): InstalledManifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(path.join(folder, manifestName), 'utf8')) as Partial<InstalledManifest>;
    return manifest.schema === 1 ? (manifest as InstalledManifest) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws RuntimeError for files that nothing could be held against: before anything is asked or fetched */
function demandChecksums({ title, artifacts }: RuntimeDefinition): void {
  const unpinned = artifacts.filter(({ checksum }) => checksum === undefined);
  if (unpinned.length > 0) {
    throw new RuntimeError(
      'unpinned',
      `The ${title} has files that are published without a checksum: ${unpinned.map(({ id, url }) => `${id} (${url})`).join(', ')}.`,
      `Download them on a machine that you trust, and set the SHA-256 of each ("sha256sum FILE") in "${checksumSetting}": ${JSON.stringify(Object.fromEntries(unpinned.map(({ id }) => [id, 'SHA-256'])))}. Or install the package with npm and use "Locate Existing".`,
    );
  }
  const wrong = artifacts.find(
    ({ checksum }) => checksum && 'sha256' in checksum && !/^[0-9a-f]{64}$/i.test(checksum.sha256),
  );
  if (wrong) {
    throw new RuntimeError(
      'unpinned',
      `The checksum of ${wrong.id} in "${checksumSetting}" is no SHA-256.`,
      'It has 64 hexadecimal digits, as "sha256sum FILE" prints it.',
    );
  }
}

function checksumOf({ id, checksum }: Artifact): Checksum {
  if (checksum) return checksum;
  throw new RuntimeError('unpinned', `${id} has no checksum.`, `Set its SHA-256 in "${checksumSetting}".`);
}

/** In their order, some at a time. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const take = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as Item);
  };
  await Promise.all(Array.from({ length: concurrent }, take));
  return results;
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
