import { createConnection } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../connection";
import { ConnectError } from "../errors";
import { endpointName } from "./endpoint-name";
import { hostKeyCheck } from "./host-key";
import { loginsOf } from "./login";
import { HandshakeError } from "./handshake-error";
import { isChannelRefusal, shakeHands } from "./ssh";
import type { Login } from "./ssh";
import { SshConnection } from "./ssh-connection";
import type { Anchor } from "./ssh-connection";

export interface DialOptions {
  /** The connection to the jump host; undefined to go there directly. */
  via: (() => Promise<SshConnection>) | undefined;
  /** Milliseconds between signs of life. */
  pingInterval: number;
  signal: AbortSignal;
}

interface Line {
  socket: Duplex;
  anchor: Anchor;
}

/** Milliseconds before the second dial; each next wait is longer. */
const firstDelay = 250;
const longestDelay = 5000;

/** Connects and logs in. Dials again, up to `dialErrorLimit` times, while the machine cannot be reached. */
export async function dial(endpoint: Endpoint, options: DialOptions): Promise<SshConnection> {
  const logins = await loginsOf(endpoint);
  for (let dials = 1, wait = firstDelay; ; dials++, wait = Math.min(wait * 1.7, longestDelay)) {
    try {
      return await dialOnce(endpoint, logins, options);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      const last = endpoint.dialErrorLimit >= 0 && dials >= endpoint.dialErrorLimit;
      if (error.kind !== "network" || last || options.signal.aborted)
        throw dialFailure(endpoint, logins, error, dials);
      await delay(wait, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

async function dialOnce(
  endpoint: Endpoint,
  logins: readonly Login[],
  options: DialOptions,
): Promise<SshConnection> {
  const check = await hostKeyCheck(endpoint);
  const { socket, anchor } = await line(endpoint, options);
  const cancel = () => socket.destroy(new Error("it was cancelled"));
  options.signal.addEventListener("abort", cancel);
  try {
    const client = await shakeHands({
      socket,
      user: endpoint.user,
      logins,
      timeout: endpoint.perDialTimeout * 1000,
      keyTypes: check.types,
      refuseKey: (key) => check.refuse(key),
    });
    return new SshConnection(client, anchor, options.pingInterval);
  } finally {
    options.signal.removeEventListener("abort", cancel);
  }
}

async function line(endpoint: Endpoint, { via, signal }: DialOptions): Promise<Line> {
  if (signal.aborted) throw new HandshakeError("network", "it was cancelled");
  if (via) return forwarded(endpoint, await via(), signal);
  const socket = createConnection({ host: endpoint.host, port: endpoint.port, noDelay: true });
  return { socket, anchor: socket };
}

async function forwarded(endpoint: Endpoint, jump: SshConnection, signal: AbortSignal): Promise<Line> {
  let letGo = jump.hold();
  const anchor = { ref: () => (letGo = jump.hold()), unref: () => letGo() };
  try {
    const socket = await inTime(jump.forward(endpoint.host, endpoint.port), endpoint.perDialTimeout, signal);
    socket.once("close", anchor.unref);
    return { socket, anchor };
  } catch (error) {
    letGo();
    if (error instanceof HandshakeError) throw error;
    if (!isChannelRefusal(error))
      throw new HandshakeError("network", "the connection to the jump host was lost", error);
    // 1 is SSH's "administratively prohibited"; with another reason the jump host tried.
    throw new HandshakeError(
      error.reason === 1 ? "protocol" : "network",
      `from the jump host: ${error.message}`,
      error,
    );
  }
}

/** A jump host answers nothing until the machine behind it does, or its own kernel gives up after minutes. */
function inTime(opening: Promise<Duplex>, seconds: number, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const giveUp = (happened: string) => {
      reject(new HandshakeError("network", happened));
      opening.then(
        (socket) => socket.destroy(),
        () => undefined,
      );
    };
    const late = () => giveUp("from the jump host: no answer in time");
    const timer = seconds > 0 ? setTimeout(late, seconds * 1000) : undefined;
    const cancel = () => giveUp("it was cancelled");
    signal.addEventListener("abort", cancel);
    void opening.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
    });
  });
}

function dialFailure(
  endpoint: Endpoint,
  logins: readonly Login[],
  error: HandshakeError,
  dials: number,
): ConnectError {
  return error.kind === "login" ? loginRefused(endpoint, logins, error) : unreached(endpoint, error, dials);
}

function loginRefused(endpoint: Endpoint, logins: readonly Login[], error: HandshakeError): ConnectError {
  const { user, host, port } = endpoint;
  const tried = logins.map(({ shown }) => shown).join(", ");
  return new ConnectError({
    doing: "logging in",
    host: endpointName(endpoint),
    phase: "login",
    happened: `the login as "${user}" was refused (tried: ${tried}): ${error.message}`,
    hint: `try the same by hand: ssh -p ${port} ${user}@${host}; the reason is in sshd's log on the machine`,
    cause: error.cause,
  });
}

function unreached(endpoint: Endpoint, error: HandshakeError, dials: number): ConnectError {
  const times = dials === 1 ? "" : ` (${dials} dials)`;
  return new ConnectError({
    doing: "opening the SSH connection",
    host: endpointName(endpoint),
    phase: "reach",
    happened: `${error.message}${times}`,
    hint: networkHint(endpoint, error),
    cause: error.cause,
  });
}

function networkHint({ host, port, perDialTimeout }: Endpoint, { message }: HandshakeError): string {
  if (message.includes("to the login")) {
    return `are user, key and password right? If so, give it more than ${perDialTimeout} s (perDialTimeout)`;
  }
  return `is this the right machine, and does its sshd listen at ${host} port ${port}?`;
}
