import { setTimeout as delay } from "node:timers/promises";
import { isLocal, machineOf } from "../connection";
import type { Connection, Endpoint, RemoteConnection } from "../connection";
import { RefusedError } from "../errors";
import { Candidates } from "./candidates";
import type { Elevation } from "./elevate";
import { endpointName } from "./endpoint-name";
import type { Host } from "./host";
import { LocalTransport } from "./local";
import { MachineHost } from "./machine-host";
import { SshTransport } from "./ssh-transport";
import type { SshOptions } from "./ssh-transport";
import type { Transport } from "./transport";

/**
 * Milliseconds in which killed commands may report their end before their connections are closed. To end one of another
 * user takes another sudo; the engine gives its providers five seconds.
 */
const stopLimit = 3000;

export interface HostsOptions {
  /** Told what is dangerous about a connection. */
  warn?(text: string): void;
  /** Milliseconds between signs of life; a machine that leaves three unanswered is lost. 10 s by default. */
  pingInterval?: number;
}

/** A machine over a connection of its own, which the one who asked for it closes. */
export interface FreshHost {
  readonly host: Host;
  close(): Promise<void>;
}

/**
 * The machines of one engine run: one connection each, however many resources use it. Credentials are not part of
 * what tells machines apart: the newest are used for the next dial, and older ones if those are refused.
 */
export class Hosts {
  private readonly hosts = new Map<string, MachineHost>();
  private readonly transports = new Map<string, SshTransport>();
  private readonly passwords = new Map<string, Candidates<string>>();
  private readonly local = new LocalTransport();
  private readonly options: SshOptions;
  private closed = false;
  private freshlyMade = 0;

  constructor({ warn = () => undefined, pingInterval = 10_000 }: HostsOptions = {}) {
    this.options = { warn, pingInterval };
  }

  /**
   * The machine behind a connection, logged in.
   * @throws ConnectError
   */
  async get(connection: Connection): Promise<Host> {
    if (this.closed) throw closedError(connection);
    this.remember(connection);
    if (!isLocal(connection)) await this.transport(connection, connection.proxy).connection();
    return this.host(connection);
  }

  /**
   * The machine behind a connection over a login of its own, dialled once and within so many seconds: whether it can
   * still be reached is not told by a connection that is open already. The local machine is just the local one. A
   * jump host's connection is shared: a new one to the machine goes through it all the same.
   * @throws ConnectError
   */
  async fresh(connection: Connection, seconds: number): Promise<FreshHost> {
    const { elevate } = connection;
    if (isLocal(connection)) return { host: await this.get(connection), close: () => Promise.resolve() };
    if (this.closed) throw closedError(connection);
    this.remember(connection);
    const transport = this.transport(connection, connection.proxy).another({
      dialErrorLimit: 1,
      perDialTimeout: Math.min(seconds, connection.perDialTimeout || seconds),
    });
    const host = new MachineHost(transport, elevate, this.passwordsOf(connection));
    const key = `${host.name} anew ${(this.freshlyMade += 1)}`;
    this.transports.set(key, transport);
    const close = async (): Promise<void> => {
      await transport.close();
      this.transports.delete(key);
    };
    try {
      await transport.connection();
    } catch (error) {
      await close();
      throw error;
    }
    return { host, close };
  }

  /** Newer credentials for a machine; nothing is dialled. */
  remember(connection: Connection): void {
    if (connection.elevatePassword !== undefined)
      this.passwordsOf(connection).add(connection.elevatePassword);
    if (isLocal(connection)) return;
    const { proxy } = connection;
    if (proxy) this.transport(proxy, undefined).remember(proxy);
    this.transport(connection, proxy).remember(endpointOf(connection));
  }

  /** Ends every command and connection, within seconds. */
  async close(): Promise<void> {
    this.closed = true;
    const stopping = Promise.all([...this.hosts.values()].map((host) => host.stop()));
    await Promise.race([stopping, delay(stopLimit)]);
    this.local.close();
    await Promise.all([...this.transports.values()].map((transport) => transport.close()));
  }

  private host(connection: Connection): MachineHost {
    const { elevate } = connection;
    return found(this.hosts, `${keyOf(connection)} by ${elevate}`, () => this.newHost(connection, elevate));
  }

  private newHost(connection: Connection, elevate: Elevation): MachineHost {
    const transport: Transport = isLocal(connection)
      ? this.local
      : this.transport(connection, connection.proxy);
    return new MachineHost(transport, elevate, this.passwordsOf(connection));
  }

  private transport(endpoint: Endpoint, proxy: Endpoint | undefined): SshTransport {
    return found(this.transports, routeOf(endpoint, proxy), () => {
      const jump = proxy && this.transport(proxy, undefined);
      return new SshTransport(endpointOf(endpoint), jump, this.options);
    });
  }

  private passwordsOf(connection: Connection): Candidates<string> {
    return found(this.passwords, keyOf(connection), () => new Candidates<string>());
  }
}

/** Without what is not part of logging in, so that the same credentials are recognised. */
function endpointOf(connection: Endpoint & Partial<RemoteConnection>): Endpoint {
  const {
    local: _local,
    elevate: _elevate,
    elevatePassword: _password,
    proxy: _proxy,
    ...endpoint
  } = connection;
  return endpoint;
}

function keyOf(connection: Connection): string {
  return isLocal(connection) ? machineOf(connection) : routeOf(connection, connection.proxy);
}

function routeOf(endpoint: Endpoint, proxy: Endpoint | undefined): string {
  return proxy ? `${loginOf(endpoint)} by ${loginOf(proxy)}` : loginOf(endpoint);
}

function loginOf(endpoint: Endpoint): string {
  return machineOf({ ...endpoint, elevate: "none" });
}

function found<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function closedError(connection: Connection): RefusedError {
  const host = isLocal(connection) ? "this machine" : endpointName(connection);
  return new RefusedError({ doing: "opening a connection", host, happened: "the run is being cancelled" });
}
