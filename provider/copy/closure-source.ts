import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import { ServeSession, type ServeOptions } from "../nix/serve";
import { referencesFirst, type ValidPath } from "../nix/valid-path";
import { shownPaths, type StorePath } from "../values";
import { NarReader, type Nar } from "./nar-reader";

/** Where a closure comes from. */
export interface ClosureSource {
  /** For messages: `this machine`, `web1`. */
  readonly name: string;
  /** Opens it for one copy, who closes it. */
  open(): Promise<OpenSource>;
}

export interface OpenSource {
  /** The paths and everything that they refer to, references first; kept from the source's collector till it is closed. */
  closure(paths: readonly StorePath[]): Promise<readonly ValidPath[]>;
  /** The NARs in this order, each to be read before the next one is asked for. */
  read(infos: readonly ValidPath[], signal: AbortSignal): AsyncIterable<Nar>;
  close(): Promise<void>;
}

/** Milliseconds that a store stays open behind its last copy: the next one of the run needs not list and read it anew. */
const lingering = 2000;

const stores = new WeakMap<Host, Map<string, OpenStore>>();

/** The store of a machine, asked with a limit in seconds. Copies of the same time share one reading of it. */
export function storeSource(host: Host, as?: string, limit?: number): ClosureSource {
  return { name: host.name, open: () => Promise.resolve(openStore(host, as, limit).enter()) };
}

function openStore(host: Host, as: string | undefined, limit: number | undefined): OpenStore {
  const known = stores.get(host) ?? new Map<string, OpenStore>();
  stores.set(host, known);
  const key = as ?? host.user;
  const store = known.get(key) ?? new OpenStore(host, { as, limit }, () => known.delete(key));
  known.set(key, store);
  return store;
}

/** One store, for all copies that read it at the moment. */
class OpenStore implements OpenSource {
  private readonly nars: NarReader;
  private readonly closures = new Map<string, Promise<readonly ValidPath[]>>();
  private asking: Promise<ServeSession> | undefined;
  /** The same when it is open: with it ends what keeps the listed closures from the collector. */
  private protecting: ServeSession | undefined;
  private users = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly host: Host,
    private readonly options: Omit<ServeOptions, "doing">,
    private readonly closed: () => void,
  ) {
    this.nars = new NarReader(() => this.session("reading paths"));
  }

  enter(): this {
    clearTimeout(this.timer);
    this.users++;
    return this;
  }

  closure(paths: readonly StorePath[]): Promise<readonly ValidPath[]> {
    if (this.protecting?.hasEnded === true) this.forget();
    const key = paths.join("\n");
    const known = this.closures.get(key) ?? this.list(paths);
    this.closures.set(key, known);
    known.catch(() => {
      this.closures.delete(key);
      if (this.protecting === undefined) this.asking = undefined; // It could not be opened.
    });
    return known;
  }

  read(infos: readonly ValidPath[], signal: AbortSignal): AsyncIterable<Nar> {
    return this.nars.read(infos, signal);
  }

  close(): Promise<void> {
    this.users--;
    if (this.users === 0) this.timer = setTimeout(() => void this.end(), lingering);
    return Promise.resolve();
  }

  /** Asks first what is valid: a path that is not would end the session, and other listings with it. */
  private async list(paths: readonly StorePath[]): Promise<readonly ValidPath[]> {
    const session = (this.protecting = await (this.asking ??= this.session("reading the store")));
    const doing = `listing the closure of ${shownPaths(paths)}`;
    const details = { doing, host: this.host.name };
    const valid = await session.protect(paths);
    const invalid = paths.filter((path) => !valid.has(path));
    if (invalid.length > 0)
      throw new RefusedError({ ...details, happened: `it does not have ${shownPaths(invalid)}` });
    const closure = await session.closure(paths);
    const [, infos] = await Promise.all([session.protect(closure), session.infos(closure)]);
    if (infos.length === closure.length) return referencesFirst(infos);
    throw new RefusedError({ ...details, happened: "some of it was collected meanwhile" });
  }

  private session(doing: string): Promise<ServeSession> {
    return ServeSession.open(this.host, { ...this.options, doing });
  }

  private forget(): void {
    this.asking = undefined;
    this.protecting = undefined;
    this.closures.clear();
  }

  private async end(): Promise<void> {
    this.closed(); // Whoever comes meanwhile opens it anew.
    const asking = await this.asking?.catch(() => undefined);
    await Promise.all([asking?.close(), this.nars.close()]);
  }
}
