import { ConnectError, InterruptedError } from "../errors";
import { defaultIdleLimit, whileMoving } from "../nix/idle-limit";
import { ServeSession } from "../nix/serve";
import type { ValidPath } from "../nix/valid-path";
import type { StorePath } from "../values";
import type { ClosureSource, OpenSource } from "./closure-source";
import { copyFailure, failureBehind, standstill } from "./copy-failure";
import type { Admission, Destination } from "./destination";
import { Progress } from "./progress";
import { push } from "./push";
import { inTurn } from "./turns";

/** What a copy did. */
export interface CopyReport {
  /** Paths in the closure. */
  readonly paths: number;
  /** Paths that travelled. */
  readonly copied: number;
  /** Bytes that travelled, as Nix serialises them. */
  readonly bytes: number;
  /** Paths that the target fetched by itself. */
  readonly fetched: number;
  /** From the first byte to the last answer. */
  readonly seconds: number;
}

export interface CopyRequest {
  readonly source: ClosureSource;
  readonly target: Destination;
  readonly paths: readonly StorePath[];
  /** Roots the paths on the target; called while the collector is still held off. */
  readonly root: () => Promise<void>;
  /** Looks for room for what is missing, before any of it comes by whatever way. */
  readonly room?: Admission | undefined;
  /** Lets the target fetch by itself what it can, before anything is sent. */
  readonly fetchThere?: ((missing: readonly StorePath[]) => Promise<void>) | undefined;
  /**
   * Each looks at what is about to travel, references first, and gives what is sent instead (with signatures); what it
   * throws ends the copy before the first byte.
   */
  readonly admit?: readonly Admission[];
  readonly onProgress?: (text: string) => void;
  /** Seconds without a byte or an answer after which the copy is given up; 600 by default. */
  readonly idleLimit?: number;
}

/** How often a copy whose connection was lost goes on where it was, as long as something was sent in between. */
const mostResumptions = 3;

/**
 * Brings the closure of the paths to the target: what is there already does not travel, and from before the first
 * byte until they are rooted the target's collector leaves all of them alone.
 * @throws what `room`, `admit` and `fetchThere` throw, before anything is sent
 * @throws CommandError, RefusedError when one of the two stores refuses; the message says which path, and what arrived
 * @throws TimeoutError when nothing moves; InterruptedError when the connection is lost again and again
 */
export function copyClosure(request: CopyRequest): Promise<CopyReport> {
  return inTurn(request.target.host, async () => {
    const source = await request.source.open();
    try {
      return await resumed(request, source);
    } finally {
      await source.close();
    }
  });
}

/** What arrived whole before a connection was lost does not travel again. */
async function resumed(request: CopyRequest, source: OpenSource): Promise<CopyReport> {
  const before: CopyReport[] = [];
  let lost: InterruptedError | undefined;
  for (;;) {
    const arrived = before.reduce((sum, { copied }) => sum + copied, 0);
    const attempt = new Attempt(request, source, arrived);
    try {
      return sumOf(await attempt.run(), before);
    } catch (error) {
      // Of a machine that cannot be reached again, the loss says more than the dial that failed.
      if (lost !== undefined && error instanceof ConnectError) throw lost;
      if (!(error instanceof InterruptedError && attempt.hasSentSomething)) throw error;
      if (before.length === mostResumptions) throw error;
      lost = error;
      before.push(attempt.report(0));
    }
  }
}

function sumOf(last: CopyReport, before: readonly CopyReport[]): CopyReport {
  const all = [...before, last];
  const sum = (of: "copied" | "bytes" | "seconds" | "fetched"): number =>
    all.reduce((total, report) => total + report[of], 0);
  return {
    paths: last.paths,
    copied: sum("copied"),
    bytes: sum("bytes"),
    fetched: sum("fetched"),
    seconds: sum("seconds"),
  };
}

/** One session with the target. */
class Attempt {
  private progress: Progress;
  private fetched = 0;

  constructor(
    private readonly request: CopyRequest,
    private readonly source: OpenSource,
    private readonly before: number,
  ) {
    this.progress = new Progress([], before);
  }

  get hasSentSomething(): boolean {
    return this.progress.sent > 0; // Its answer may have been lost.
  }

  async run(): Promise<CopyReport> {
    const { source, request } = this;
    const { host, as } = request.target;
    // Neither needs the other, and each takes a while.
    const listing = source.closure(request.paths);
    listing.catch(() => undefined); // Looked at once the session is there to be closed.
    const session = await ServeSession.open(host, { as, limit: request.idleLimit });
    try {
      const closure = await listing;
      await this.bring(session, closure);
      await this.root(session);
      return this.report(closure.length);
    } finally {
      await session.close();
    }
  }

  report(paths: number): CopyReport {
    const { arrived, sent, seconds } = this.progress;
    return { paths, copied: arrived, bytes: sent, fetched: this.fetched, seconds: sent === 0 ? 0 : seconds };
  }

  private async bring(session: ServeSession, closure: readonly ValidPath[]): Promise<void> {
    let missing = await missingThere(session, closure);
    const { room, fetchThere } = this.request;
    if (missing.length === 0) return;
    // What would be refused anyway changes nothing there; of what the machine fetches by itself nobody knows yet.
    if (fetchThere === undefined) missing = await this.admitted(missing);
    await room?.(missing);
    if (fetchThere !== undefined) {
      await fetchThere(missing.map(({ path }) => path));
      const left = await missingThere(session, missing);
      this.fetched = missing.length - left.length;
      missing = await this.admitted(left);
    }
    if (missing.length > 0) await this.send(session, missing);
  }

  private async root(session: ServeSession): Promise<void> {
    const { root, paths } = this.request;
    try {
      await root();
    } catch (error) {
      throw failureBehind(error, this.progress);
    }
    try {
      // A collector that began meanwhile may have looked at the roots before ours stood, and look at who still works
      // with the store when we have left. One that has begun is told; a later one finds the root.
      await session.protect(paths, { asLast: true });
    } catch (error) {
      throw failureBehind(error, this.progress, { doing: "holding off a collection that has begun" });
    }
  }

  private async admitted(missing: ValidPath[]): Promise<ValidPath[]> {
    let sent: readonly ValidPath[] = missing;
    if (missing.length > 0) for (const admit of this.request.admit ?? []) sent = await admit(sent);
    return [...sent];
  }

  private async send(session: ServeSession, missing: readonly ValidPath[]): Promise<void> {
    const { request, source } = this;
    const progress = (this.progress = new Progress(missing, this.before));
    const report = (): void => request.onProgress?.(`copying ${progress.toString()}`);
    const ticker = setInterval(report, 500);
    const doing = `copying ${missing.length} path${missing.length === 1 ? "" : "s"}`;
    const failure = { doing, session, source: request.source.name, missing, progress };
    try {
      await whileMoving(
        request.idleLimit ?? defaultIdleLimit,
        () => standstill(failure),
        (moved) => push(session, source, missing, progress, moved),
      );
    } catch (error) {
      throw await copyFailure(error, failure);
    } finally {
      clearInterval(ticker);
    }
  }
}

async function missingThere(session: ServeSession, wanted: readonly ValidPath[]): Promise<ValidPath[]> {
  const valid = await session.protect(wanted.map(({ path }) => path));
  return wanted.filter(({ path }) => !valid.has(path));
}
