import { readFileSync } from "node:fs";
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "../host/host";
import { fingerprint, signed } from "../nix/signature";
import type { SecretKey } from "../nix/signing-keys";
import type { ValidPath } from "../nix/valid-path";
import { writeCache, type Compression } from "../nix/write-cache";
import type { StorePath } from "../values";
import { wavesOf } from "./batches";
import { cachedPath, hasArchive } from "./cached";
import { fileBody } from "./file-store";
import { inParallel } from "./in-parallel";
import { narInfoKey, parseNarInfo, withSignatures, type NarInfo } from "./nar-info";
import { textBody, type ObjectStore } from "./object-store";

/** From where, to where, and how paths travel. */
export interface UploadNeeds {
  readonly controller: Host;
  readonly store: ObjectStore;
  readonly compression: Compression;
  readonly keys: readonly SecretKey[];
  /** Requests at a time. */
  readonly parallel: number;
  readonly onProgress?: (text: string) => void;
}

/** Paths on their way from this machine's store, by way of a folder, into a cache. */
export class Upload {
  /** That have travelled. */
  bytes = 0;
  /** Paths that are there, whole. */
  private done = 0;

  constructor(
    private readonly folder: string,
    private readonly needs: UploadNeeds,
    private readonly wanted: number,
  ) {}

  /** Adds our signatures to what the cache has. */
  async sign(infos: readonly NarInfo[]): Promise<void> {
    await inParallel(this.needs.parallel, infos, (info) => this.sendInfo(info));
  }

  /** Tells Nix, which writes into the folder, what the cache has already. */
  async layOut(infos: readonly NarInfo[]): Promise<void> {
    for (const { path, text } of infos) await writeFile(join(this.folder, narInfoKey(path)), text);
  }

  /** NARs first, so that nothing is told of a path before it is there. */
  async send(batch: readonly ValidPath[]): Promise<void> {
    const { controller, compression, parallel } = this.needs;
    this.tell();
    await mkdir(join(this.folder, "nar"), { recursive: true });
    await writeCache(
      controller,
      this.folder,
      batch.map(({ path }) => path),
      compression,
    );
    const staged = new Map(batch.map(({ path }) => [path, this.stagedInfo(path)]));
    await inParallel(parallel, [...staged.values()], (info) => this.sendNar(info));
    for (const wave of wavesOf(batch))
      await inParallel(parallel, wave, ({ path }) => this.sendInfo(staged.get(path) as NarInfo));
    await rm(join(this.folder, "nar"), { recursive: true });
  }

  private stagedInfo(path: StorePath): NarInfo {
    return parseNarInfo(readFileSync(join(this.folder, narInfoKey(path)), "utf8"), path);
  }

  /** Its key says what it holds: one that an earlier push has sent is the same. */
  private async sendNar({ url }: NarInfo): Promise<void> {
    const { store } = this.needs;
    const file = join(this.folder, url);
    const { size } = await stat(file);
    if ((await store.look(url))?.size === size) return;
    await store.write(url, fileBody(file, size));
    this.bytes += size;
    this.tell();
  }

  /**
   * Another program may have told of the path since we asked: what it signed stays, and so does another build. Where the
   * archive of what is told is lost, ours takes its place.
   */
  private async sendInfo(ours: NarInfo): Promise<void> {
    const { store, keys } = this.needs;
    const there = await cachedPath(store, ours.path);
    const isHeld = there !== undefined && (there.url === ours.url || (await hasArchive(store, there)));
    const info = isHeld ? there : ours;
    const isOurs = fingerprint(info) === fingerprint(ours);
    const kept = there !== undefined && fingerprint(there) === fingerprint(ours) ? there.signatures : [];
    const text = withSignatures(info, [...kept, ...signed(info, keys).signatures]);
    if (isOurs && text !== there?.text) await store.write(narInfoKey(info.path), textBody(text));
    this.done += 1;
    this.tell();
  }

  said(): string {
    const size = (this.bytes / 2 ** 20).toFixed(1);
    return `${this.done} of ${this.wanted} missing paths are in ${this.needs.store.name}, ${size} MiB sent`;
  }

  private tell(): void {
    this.needs.onProgress?.(this.said());
  }
}
