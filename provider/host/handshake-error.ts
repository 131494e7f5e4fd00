/** Why a handshake failed: only `network` is worth another try. */
export class HandshakeError extends Error {
  constructor(
    readonly kind: "network" | "login" | "protocol",
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** What ssh2's error means; `verified` says whether the machine had shown the right key by then. */
export function handshakeError(
  error: Error & { level?: string; code?: unknown },
  verified: boolean,
): HandshakeError {
  switch (error.level) {
    case "client-authentication":
      return new HandshakeError("login", "no way to log in is left", error);
    case "client-timeout":
      // sshd takes seconds to answer a wrong password.
      return new HandshakeError("network", `no answer${verified ? " to the login" : ""} in time`, error);
    case "client-socket":
      return new HandshakeError(
        passing.test(String(error.code)) ? "network" : "protocol",
        error.message,
        error,
      );
  }
  if (error.message.startsWith("Connection lost before handshake")) {
    return new HandshakeError("network", "the connection was closed before the handshake", error);
  }
  // The machine ended it with a reason after it had shown its key: too many tries, this user not allowed.
  if (verified && typeof error.code === "number") return new HandshakeError("login", error.message, error);
  return new HandshakeError("protocol", error.message, error);
}

const passing = /^E(CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH|HOSTDOWN|NETDOWN|PIPE|AI_AGAIN)$/;
