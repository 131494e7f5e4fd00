import { RefusedError, type FailureDetails } from "../errors";
import { DamagedPath } from "../nix/nar-frame";
import type { ServeSession } from "../nix/serve";
import { StreamEnded } from "../nix/serve-codec";
import type { ValidPath } from "../nix/valid-path";
import { Reading } from "./reading";
import { Rider } from "./rider";
import type { StorePath } from "../values";

/** A path and its NAR, which has to be read before the next one is asked for. */
export interface Nar {
  readonly info: ValidPath;
  readonly chunks: AsyncIterable<Buffer>;
}

export interface NarReaderOptions {
  /** Bytes that are kept for copies that come later to them; 8 MiB by default. */
  readonly most?: number;
  /** Milliseconds that a copy which is behind may keep the others waiting, besides a tenth of its time; 1,000 by default. */
  readonly patience?: number;
}

/** Bytes, and paths, that are asked for ahead of what a copy sends: over a slow link each would wait a round trip. */
const ahead = { bytes: 4 * 2 ** 20, paths: 256 };

/**
 * Reads NARs out of one store for any number of copies at a time. What several of them want is read once, as long as
 * they are not further apart than what is kept; one that falls behind goes on by itself, and holds up nobody.
 */
export class NarReader {
  /** By path, those that one who comes now can still join. */
  private readonly readings = new Map<StorePath, Reading>();
  /** All of which something is kept, or will be. */
  private readonly open = new Set<Reading>();
  private readonly riders = new Set<Rider>();
  private waiting: (() => void)[] = [];
  private session: Promise<ServeSession> | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private held = 0;
  private readonly most: number;
  private readonly patience: number;

  constructor(
    private readonly openSession: () => Promise<ServeSession>,
    { most = 8 * 2 ** 20, patience = 1000 }: NarReaderOptions = {},
  ) {
    this.most = most;
    this.patience = patience;
  }

  /** The NARs in this order. */
  async *read(infos: readonly ValidPath[], signal: AbortSignal): AsyncGenerator<Nar> {
    const rider = new Rider(signal, () => this.wake());
    this.riders.add(rider);
    try {
      let claimed = 0;
      for (const [index, info] of infos.entries()) {
        while (claimed < infos.length && (claimed <= index || rider.wantsMore(ahead)))
          rider.claim(this.readingOf(infos[claimed++] as ValidPath));
        if (rider.isAlone) {
          yield* this.alone(infos.slice(index), signal);
          return;
        }
        yield { info, chunks: this.ride(rider, info, signal) };
      }
    } finally {
      rider.leave();
      this.riders.delete(rider);
      if (!this.isWanted) await this.stop();
    }
  }

  async close(): Promise<void> {
    this.readings.clear();
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    await session?.close();
  }

  private async *ride(rider: Rider, info: ValidPath, signal: AbortSignal): AsyncGenerator<Buffer> {
    let taken = 0;
    for await (const chunk of rider.chunks()) {
      taken += chunk.length;
      yield chunk;
    }
    // It was left behind within this NAR, or the common reading failed, perhaps over a path of another copy.
    if (rider.isAlone)
      for await (const { chunks } of this.alone([info], signal)) yield* behind(chunks, taken);
  }

  private async *alone(infos: readonly ValidPath[], signal: AbortSignal): AsyncGenerator<Nar> {
    const session = await this.openSession();
    const stop = (): void => void session.failure(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      signal.throwIfAborted();
      const dumps = infos.map((info) => ({ info, chunks: session.dump(info) }));
      session.askNoMore();
      for (const { info, chunks } of dumps) yield { info, chunks: explained(session, info, chunks) };
    } finally {
      signal.removeEventListener("abort", stop);
      await session.close();
    }
  }

  /** The reading of a path: the one that there is, if its beginning is still kept, or a new one. */
  private readingOf(info: ValidPath): Reading {
    const known = this.readings.get(info.path);
    if (known?.isFromStart) return known;
    const reading = new Reading(info, (freed) => (this.held -= freed));
    this.readings.set(info.path, reading);
    this.open.add(reading);
    const session = (this.session ??= this.openSession());
    const chunks = session.then((opened) => opened.dump(info));
    chunks.catch(() => undefined); // Looked at when its turn has come.
    // Requests go out at once, in this order; the answers are read in the same one.
    this.queue = this.queue.then(() => this.fill(reading, chunks, session));
    return reading;
  }

  private async fill(
    reading: Reading,
    chunks: Promise<AsyncIterable<Buffer>>,
    session: Promise<ServeSession>,
  ): Promise<void> {
    try {
      for await (const chunk of await chunks) {
        if (!this.isWanted) throw new Error("all copies have ended");
        await this.makeRoom(chunk.length);
        if (reading.add(chunk)) this.held += chunk.length;
      }
      reading.end();
    } catch (error) {
      if (this.readings.get(reading.info.path) === reading) this.readings.delete(reading.info.path);
      reading.fail();
      if (this.session === session) this.session = undefined;
      await (await session.catch(() => undefined))?.failure(error);
    }
  }

  /** Ends what is being read for nobody: the next copy is not to wait for it, nor to join what may never end. */
  private async stop(): Promise<void> {
    if (![...this.open].some((reading) => reading.isOpen)) return;
    const session = await this.session?.catch(() => undefined);
    if (this.isWanted || session === undefined) return;
    this.session = undefined;
    this.readings.clear();
    await session.failure(new Error("all copies have ended"));
  }

  /** Whether there is still a copy that has not been left behind. */
  private get isWanted(): boolean {
    return [...this.riders].some((rider) => !rider.isAlone);
  }

  private async makeRoom(wanted: number): Promise<void> {
    while (this.held > 0 && this.held + wanted > this.most) {
      if (this.forget()) continue;
      const last = this.last();
      if (last === undefined) return;
      // As long as everybody has something to send, this is only that reading is faster than sending.
      const keepsOthers = [...this.riders].some((rider) => rider.isHungry);
      const began = performance.now();
      await this.moved(keepsOthers ? last.creditLeft(this.patience) : undefined);
      if (keepsOthers) last.charge(performance.now() - began);
      if (last.creditLeft(this.patience) <= 0) last.leave();
    }
  }

  /** Forgets what nobody is on its way to, the oldest first; false when there is nothing of that. */
  private forget(): boolean {
    for (const reading of this.open) {
      const hasForgotten = reading.forget();
      if (reading.isOver) this.open.delete(reading);
      if (!reading.isFromStart && this.readings.get(reading.info.path) === reading)
        this.readings.delete(reading.info.path);
      if (hasForgotten) return true;
    }
    return false;
  }

  /** The one that most is kept for. */
  private last(): Rider | undefined {
    const holding = [...this.riders].filter((rider) => rider.keptFor() > 0);
    return holding.sort((one, other) => other.keptFor() - one.keptFor())[0];
  }

  /** Resolves when one of them takes something, or leaves, or has nothing more to take. */
  private async moved(limit?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = limit === undefined ? undefined : setTimeout(resolve, Math.max(0, limit));
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private wake(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}

/** Whether the store has given all that there is, and ended as it should. */
function hasTooLittle(error: unknown, failure: Error): boolean {
  return error instanceof StreamEnded && failure instanceof RefusedError;
}

function damaged(details: FailureDetails, info: ValidPath): RefusedError {
  const hint = "nix-store --verify --check-contents --repair there";
  return new RefusedError({ ...details, happened: new DamagedPath(info.narSize).message, hint });
}

async function* behind(chunks: AsyncIterable<Buffer>, taken: number): AsyncGenerator<Buffer> {
  let left = taken;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}

async function* explained(
  session: ServeSession,
  info: ValidPath,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    const details = { doing: `reading ${info.path}`, host: session.name };
    const failure = await session.failure(error, details);
    throw error instanceof DamagedPath || hasTooLittle(error, failure) ? damaged(details, info) : failure;
  }
}
