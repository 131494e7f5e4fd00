import type { Endpoint } from "../connection";
import { ConnectError, DeploymentError, RefusedError } from "../errors";
import { Candidates } from "./candidates";
import { dial } from "./dial";
import { endpointName } from "./endpoint-name";
import { NoPlace } from "./places";
import { commandLine } from "./shell";
import type { SshConnection } from "./ssh-connection";
import type { StartOptions, Transport, TransportProcess } from "./transport";

export interface SshOptions {
  warn(text: string): void;
  /** Milliseconds. */
  pingInterval: number;
}

/** Bytes: sshd hands the whole line to the login shell as one argument, and Linux takes no longer one. */
const longestCommand = 128 * 1024 - 1;

/** One login on one machine over one route, dialled on first use and again when the connection was lost. */
export class SshTransport implements Transport {
  readonly name: string;
  readonly user: string;

  private readonly endpoints: Candidates<Endpoint>;
  private limits: Partial<Endpoint> = {};
  private readonly closing = new AbortController();
  private current: SshConnection | undefined;
  private dialling: Promise<SshConnection> | undefined;
  private warned = false;
  /** A further connection, for what finds no place on this one. */
  private beside: SshTransport | undefined;

  constructor(
    endpoint: Endpoint,
    private readonly jump: SshTransport | undefined,
    private readonly options: SshOptions,
  ) {
    this.name = endpointName(endpoint);
    this.user = endpoint.user;
    this.endpoints = new Candidates(endpoint);
    this.warnIfUnverified(endpoint);
  }

  /** The same login over a connection of its own, with other limits on the dial. */
  another(limits: Partial<Pick<Endpoint, "dialErrorLimit" | "perDialTimeout">>): SshTransport {
    const [first, ...others] = [...this.endpoints.inOrder()].reverse();
    const transport = new SshTransport(first as Endpoint, this.jump, {
      ...this.options,
      warn: () => undefined,
    });
    others.forEach((endpoint) => transport.remember(endpoint));
    transport.limits = limits;
    return transport;
  }

  /** Newer credentials, for the next dial. */
  remember(endpoint: Endpoint): void {
    this.endpoints.add(endpoint);
    this.beside?.remember(endpoint);
    this.warnIfUnverified(endpoint);
  }

  async start(argv: readonly string[], options: StartOptions): Promise<TransportProcess> {
    // Without `exec` the login shell stays, and says how the command ended in its own way.
    const command = `exec ${commandLine(argv)}`;
    const size = Buffer.byteLength(command);
    if (size > longestCommand) throw this.refused(`its arguments take ${size} bytes, over ${longestCommand}`);
    const connection = await this.connection();
    return connection.start(command, options).catch((error: Error) => {
      if (error instanceof NoPlace) return (this.beside ??= this.another(this.limits)).start(argv, options);
      if (error instanceof DeploymentError) throw error;
      throw options.signal?.aborted ? options.lost("it was cancelled") : this.refused(error.message, error);
    });
  }

  /** The open connection, or a new one that everybody who asks meanwhile waits for; a failure is not kept. */
  async connection(): Promise<SshConnection> {
    if (this.current && !this.current.lost) return this.current;
    this.dialling ??= this.redialled().finally(() => (this.dialling = undefined));
    return this.dialling;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.dialling?.catch(() => undefined);
    await Promise.all([this.current?.close(), this.beside?.close()]);
  }

  private async redialled(): Promise<SshConnection> {
    const failures = new Map<Endpoint, unknown>();
    // Asked anew each time: while old credentials were being refused, another resource may have brought new ones.
    const next = (): Endpoint | undefined => this.endpoints.inOrder().find((each) => !failures.has(each));
    for (let endpoint = next(); endpoint; endpoint = next()) {
      try {
        return await this.dialledWith(endpoint);
      } catch (error) {
        if (failures.size === 0 && !isRefusedLogin(error)) throw error;
        failures.set(endpoint, error);
      }
    }
    throw failures.get(this.endpoints.inOrder()[0] as Endpoint);
  }

  private async dialledWith(endpoint: Endpoint): Promise<SshConnection> {
    const { jump } = this;
    const via = jump && (() => jump.connection());
    const connection = await dial(
      { ...endpoint, ...this.limits },
      {
        via,
        pingInterval: this.options.pingInterval,
        signal: this.closing.signal,
      },
    );
    this.endpoints.worked(endpoint);
    return (this.current = connection);
  }

  private refused(happened: string, cause?: unknown): RefusedError {
    return new RefusedError({ doing: "starting a command", host: this.name, happened, cause });
  }

  private warnIfUnverified({ verifyHostKey }: Endpoint): void {
    if (verifyHostKey || this.warned) return;
    this.warned = true;
    this.options.warn(
      `the host key of ${this.name} is not verified (verifyHostKey: false): anyone on the way can read and change everything`,
    );
  }
}

/** Only then may other credentials do better. Another host key is never accepted in place of the newest. */
function isRefusedLogin(error: unknown): boolean {
  return error instanceof ConnectError && error.phase === "login";
}
