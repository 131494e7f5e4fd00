import { createRequire } from "node:module";
import type { Duplex } from "node:stream";
import type * as Ssh2 from "ssh2";
import type { AnyAuthMethod, Client, ClientChannel, ConnectConfig, ParsedKey } from "ssh2";
import type { ConnectError } from "../errors";
import { algorithms } from "./algorithms";
import { HandshakeError, handshakeError } from "./handshake-error";

export type { ClientChannel } from "ssh2";

// Loaded with the first login: programs, previews and runs that change nothing need none and are spared the time.
const load = createRequire(__filename);
const ssh2 = (): typeof Ssh2 => load("ssh2") as typeof Ssh2;

/** A way to log in. */
export type Login = { readonly shown: string } & (
  | { readonly kind: "key"; readonly key: ParsedKey }
  | { readonly kind: "password"; readonly password: string }
  | { readonly kind: "agent"; readonly socket: string }
);

export interface Handshake {
  socket: Duplex;
  user: string;
  logins: readonly Login[];
  /** Milliseconds till the login is done; 0 for no limit. */
  timeout: number;
  /** Types of host keys to ask for first. */
  keyTypes: readonly string[];
  refuseKey(key: Buffer): ConnectError | undefined;
}

export function parsePrivateKey(text: string, passphrase: string | undefined): ParsedKey | Error {
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2().utils.parseKey(text, passphrase);
  const [key] = ([] as (ParsedKey | Error)[]).concat(parsed);
  if (key instanceof Error) return key;
  return key?.isPrivateKey() ? key : new Error("it is not a private key");
}

/** Verifies the machine and logs in. What fails leaves no socket behind. */
export function shakeHands(handshake: Handshake): Promise<SshClient> {
  const client = new (ssh2().Client)();
  return new Promise((resolve, reject) => {
    let refusal: ConnectError | undefined;
    let verified = false;
    const fail = (error: Error) => {
      reject(refusal ?? error);
      handshake.socket.destroy();
    };
    client.once("handshake", () => (verified = true));
    client.on("error", (error) => {
      // ssh2 goes on to the next way to log in by itself when an agent does not answer.
      if (error.level !== "agent") fail(handshakeError(error, verified));
    });
    client.once("close", () =>
      fail(new HandshakeError("network", "the connection was closed during the handshake")),
    );
    client.once("ready", () => {
      client.removeAllListeners();
      gather(handshake.socket);
      resolve(new SshClient(client, handshake.socket));
    });
    client.connect({
      sock: handshake.socket,
      username: handshake.user,
      readyTimeout: handshake.timeout,
      algorithms: algorithms(handshake.keyTypes),
      hostVerifier: (key: Buffer) => {
        refusal = handshake.refuseKey(key);
        return refusal === undefined;
      },
      authHandler: authHandler(handshake.user, handshake.logins),
    });
  });
}

/**
 * Lets what is written within one turn of the event loop go to the kernel together: ssh2 writes each packet, of at most
 * 32 KiB, by itself and in three parts, and for a big copy those calls cost more than the encryption.
 */
function gather(socket: Duplex): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  socket.write = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}

/** Offers one way after the other, leaving out what the machine said it does not take. */
function authHandler(username: string, logins: readonly Login[]): NonNullable<ConnectConfig["authHandler"]> {
  const methods = logins.flatMap((login) => authMethods(username, login));
  return (accepted: string[] | null, _partial, next) => {
    for (let method = methods.shift(); method; method = methods.shift()) {
      if (worthTrying(method, accepted)) return next(method);
    }
    return false;
  };
}

/** A server that takes passwords directly has refused this one already: to be asked for it counts as another try. */
function worthTrying({ type }: AnyAuthMethod, accepted: readonly string[] | null): boolean {
  if (accepted === null) return true;
  if (type === "keyboard-interactive" && accepted.includes("password")) return false;
  return accepted.includes(type === "agent" ? "publickey" : type);
}

function authMethods(username: string, login: Login): AnyAuthMethod[] {
  switch (login.kind) {
    case "key":
      return [{ type: "publickey", username, key: login.key }];
    case "agent":
      return [{ type: "agent", username, agent: login.socket }];
    case "password":
      return [
        { type: "password", username, password: login.password },
        {
          type: "keyboard-interactive",
          username,
          prompt: (_name, _instructions, _language, prompts, answer) =>
            answer(prompts.map(() => login.password)),
        },
      ];
  }
}

/** An SSH connection that is logged in. */
export class SshClient {
  private reason: Error | undefined;
  private closed = false;
  private lost: (reason: Error) => void = () => undefined;

  constructor(
    private readonly client: Client,
    private readonly socket: Duplex,
  ) {
    client.on("error", (error) => (this.reason ??= error));
    client.once("close", () => {
      this.closed = true;
      this.lost(this.whyLost());
    });
  }

  /** Called at once when the connection is gone, before ssh2 ends the channels as if all had come to its end. */
  onLost(listener: (reason: Error) => void): void {
    this.lost = listener;
    if (this.closed) listener(this.whyLost());
  }

  /**
   * Runs a command and hands its channel to `take` before anything of it is lost: all that a short command says, its
   * end included, may have come with the answer that it has started.
   */
  exec<Taken>(command: string, take: (channel: ClientChannel) => Taken): Promise<Taken> {
    return new Promise((resolve, reject) => {
      this.client.exec(command, (error, channel) => (error ? reject(error) : resolve(take(channel))));
    });
  }

  forward(host: string, port: number): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      this.client.forwardOut("127.0.0.1", 0, host, port, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    });
  }

  /**
   * Settles when the machine answers anything. ssh2's own keepalive has a timer that keeps an idle process alive, so
   * this asks for something that every server answers with a refusal.
   */
  ping(): Promise<void> {
    return new Promise((resolve) => this.client.unforwardIn("", 0, () => resolve()));
  }

  end(): void {
    this.client.end();
  }

  destroy(reason?: Error): void {
    this.reason ??= reason;
    this.socket.destroy();
  }

  private whyLost(): Error {
    return this.reason ?? new Error("the machine closed it");
  }
}

/** The machine did not open a channel: it allows no more of them, or the forwarded address does not answer. */
export function isChannelRefusal(error: unknown): error is Error & { reason: number } {
  return error instanceof Error && "reason" in error && typeof error.reason === "number";
}
