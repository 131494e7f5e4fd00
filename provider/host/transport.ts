import type { Readable, Writable } from "node:stream";
import type { Exit } from "./host";

/** A way to start processes on a machine as the user who logged in: over SSH, or here. */
export interface Transport {
  /** For messages, as `Host.name`. */
  readonly name: string;
  /** Who logged in. */
  readonly user: string;
  start(argv: readonly string[], options: StartOptions): Promise<TransportProcess>;
}

/**
 * How long a process holds its place, of which a connection has few. What is `brief` or `long` ends by itself, so that one
 * of the same kind may wait for it. What stays open while its owner runs further commands is `held`: nobody waits for that,
 * since it may be waiting for us. Ending a process is `urgent` and waits for none.
 */
export type Place = "brief" | "long" | "held" | "urgent";

export interface StartOptions {
  place: Place;
  /** Makes the error for a process whose end is not known. */
  lost(happened: string, cause?: unknown): Error;
  signal?: AbortSignal | undefined;
  /** Not ended when the transport is closed. */
  outlives?: boolean | undefined;
}

export interface TransportProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** On this machine only. */
  readonly pid?: number | undefined;
  /** Settles when the process has ended and its output is read. */
  readonly ended: Promise<Exit>;
  /** Kills as far as the login's own rights reach; true when surely nothing of it is left. */
  kill(): boolean;
  /** Waits no longer: `ended` rejects. */
  abandon(happened: string): void;
}
