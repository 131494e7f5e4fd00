import { CommandError, DeploymentError, RefusedError, type FailureDetails } from "../errors";
import type { Exit, Host, HostProcess } from "../host/host";
import type { StorePath } from "../values";
import { defaultIdleLimit, whileMoving } from "./idle-limit";
import { wholeNar } from "./nar-frame";
import { FrameReader, StreamEnded } from "./serve-codec";
import * as serve from "./serve-requests";
import type { ValidPath } from "./valid-path";

export interface ServeOptions {
  readonly as: string | undefined;
  /** Completes "… failed" in messages. */
  readonly doing?: string;
  /** Seconds for an answer; 600 by default. */
  readonly limit?: number | undefined;
}

/** Seconds in which a process that has nothing left to do may end by itself. */
const closeLimit = 30;

/**
 * A `nix-store --serve` process on a host, which speaks the protocol behind `ssh://` stores. As long as it runs it keeps
 * temporary roots, which is why a copy holds one open from before its first byte until something else roots the paths.
 *
 * Requests are written at once and answered in their order, so many of them take one round trip. Any failure ends the
 * process: what was acknowledged is valid, nothing behind it is.
 */
export class ServeSession {
  private readonly reader: FrameReader;
  private answered: Promise<unknown>;

  private constructor(
    private readonly server: HostProcess,
    private readonly host: Host,
    private readonly doing: string,
    private readonly limit: number,
    /** Who works with the store there. */
    readonly user: string,
  ) {
    const over = (): boolean => (this.hasEnded = true);
    server.exited.then(over, over);
    this.reader = new FrameReader(server.stdout);
    this.server.stdin.write(serve.greeting());
    this.answered = serve.readGreeting(this.reader);
    this.answered.catch(() => undefined);
  }

  static async open(host: Host, options: ServeOptions): Promise<ServeSession> {
    const { as, doing = "asking what is in the store", limit = defaultIdleLimit } = options;
    const server = await host.open(["nix-store", "--serve", "--write"], { doing, as });
    return new ServeSession(server, host, doing, limit, as ?? host.user);
  }

  /** The machine, for messages. */
  get name(): string {
    return this.host.name;
  }

  /** Whether nothing more can be asked. */
  hasEnded = false;

  /**
   * Those of the paths that are valid there; the collector leaves all of them alone from now on.
   * @param options.asLast nothing more will be asked: the process ends by itself after its answer, a round trip sooner than
   * by `close`
   */
  async protect(paths: readonly StorePath[], { asLast = false } = {}): Promise<Set<StorePath>> {
    const read = (reader: FrameReader): Promise<StorePath[]> => serve.readStorePaths(reader, paths.length);
    const answer = this.ask(serve.queryValidPaths(paths), read);
    if (asLast) this.askNoMore();
    return new Set(await answer);
  }

  /** The paths and everything that they refer to. */
  closure(paths: readonly StorePath[]): Promise<StorePath[]> {
    return this.ask(serve.queryClosure(paths), (reader) => serve.readStorePaths(reader));
  }

  /** What is known of the paths; those that are not valid are left out. */
  infos(paths: readonly StorePath[]): Promise<ValidPath[]> {
    const read = (reader: FrameReader): Promise<ValidPath[]> => serve.readPathInfos(reader, paths.length);
    return this.ask(serve.queryPathInfos(paths), read);
  }

  /** A NAR, asked for now and read when its turn has come; answers behind it wait until it is read. */
  dump(info: ValidPath): AsyncIterable<Buffer> {
    let finish: (failure?: Error) => void = () => undefined;
    const finished = new Promise<void>(
      (resolve, reject) => (finish = (failure) => (failure ? reject(failure) : resolve())),
    );
    finished.catch(() => undefined); // Of a session that has ended, nobody waits for it.
    const begun = new Promise<AsyncIterable<Buffer>>((begin, fail) => {
      const turn = this.request(serve.dumpStorePath(info.path), (reader) => {
        begin(wholeNar(reader.bytes(info.narSize), info.narSize));
        return finished;
      });
      turn.catch(fail);
    });
    begun.catch(() => undefined);
    return untilRead(begun, finish);
  }

  /** Waits until a path whose `addToStoreNar` and NAR are sent is valid there; once for each, in order. */
  added(): Promise<void> {
    return this.answer(serve.readAdded);
  }

  /** Sends bytes, and waits while the machine takes no more. */
  async send(bytes: Uint8Array): Promise<void> {
    const { stdin } = this.server;
    if (stdin.write(bytes) || stdin.destroyed) return; // Of a server that has ended the answers tell.
    await new Promise<void>((resolve) => {
      const go = (): void => {
        stdin.off("drain", go).off("close", go);
        resolve();
      };
      stdin.on("drain", go).on("close", go);
    });
  }

  /** Asks for nothing more: the process ends when it has answered, also if it has less to say than is waited for. */
  askNoMore(): void {
    this.server.stdin.end();
  }

  /** Ends the process and with it the protection. A lost connection has ended it too. */
  async close(): Promise<void> {
    await this.end();
  }

  /** Ends the process, whatever it is doing, and gives what its end says about a failure. */
  async failure(cause: unknown, details: FailureDetails = this.details): Promise<Error> {
    // One that ended by itself is about to say why.
    if (!(cause instanceof StreamEnded)) this.server.kill();
    const { end, lost } = await this.end();
    if (cause instanceof DeploymentError) return cause;
    if (lost !== undefined) return lost;
    const tail = this.server.stderrTail();
    const more = { hint: hintFor(tail, end), ...details, tail };
    if (cause instanceof StreamEnded && end?.exitCode !== 0)
      return new CommandError({ ...more, argv: ["nix-store", "--serve", "--write"], ...end });
    return new RefusedError({ ...more, happened: (cause as Error).message, cause });
  }

  private get details(): FailureDetails {
    return { doing: this.doing, host: this.host.name };
  }

  private async end(): Promise<{ end?: Exit; lost?: Error }> {
    const timer = setTimeout(() => this.server.kill(), Math.min(this.limit, closeLimit) * 1000);
    this.server.stdin.end();
    await this.reader.drain().catch(() => undefined);
    const ended = this.server.exited.then((end) => ({ end }));
    return ended.catch((lost: Error) => ({ lost })).finally(() => clearTimeout(timer));
  }

  private async ask<T>(frames: Buffer, read: (reader: FrameReader) => Promise<T>): Promise<T> {
    const doing = `waiting for an answer of nix-store --serve, ${this.doing},`;
    const stuck = (): FailureDetails => ({ doing, host: this.host.name });
    try {
      return await whileMoving(this.limit, stuck, () => this.request(frames, read));
    } catch (error) {
      throw await this.failure(error);
    }
  }

  private request<T>(frames: Buffer, read: (reader: FrameReader) => Promise<T>): Promise<T> {
    this.server.stdin.write(frames);
    return this.answer(read);
  }

  private answer<T>(read: (reader: FrameReader) => Promise<T>): Promise<T> {
    const answer = this.answered.then(() => read(this.reader));
    this.answered = answer;
    answer.catch(() => undefined);
    return answer;
  }
}

async function* untilRead(
  begun: Promise<AsyncIterable<Buffer>>,
  finish: (failure?: Error) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* await begun;
  } catch (error) {
    finish(error as Error); // Nobody knows where the next answer begins.
    throw error;
  } finally {
    finish();
  }
}

/** Exit code of a shell that does not find the command. */
const notFound = 127;

function hintFor(stderr: string, end: Exit | undefined): string | undefined {
  if (end?.exitCode === notFound) return "Nix is needed on the host (the package nix-bin on Debian)";
  if (/daemon-socket.*Permission denied/.test(stderr)) {
    return "this login may not use the Nix daemon there: add it to allowed-users in nix.conf, or set elevate";
  }
  return undefined;
}
