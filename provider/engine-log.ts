import { createRequire } from "node:module";
import type * as Grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import type { Message } from "./resource";

export type Severity = Message["severity"];

/**
 * Says something with a resource in the engine's display. A dynamic provider's own output is attributed to the stack
 * only; the engine's address is the last argument of its process.
 */
export interface ResourceLog {
  log(severity: Severity, message: string): void;
  /** Replaces the resource's status. */
  status(message: string): void;
}

const severities = {
  debug: LogSeverity.DEBUG,
  info: LogSeverity.INFO,
  warning: LogSeverity.WARNING,
  error: LogSeverity.ERROR,
} as const satisfies Record<Severity, LogSeverity>;

// The very copy that Pulumi uses: a client does not take another copy's credentials.
const grpc = createRequire(require.resolve("@pulumi/pulumi/package.json"))("@grpc/grpc-js") as typeof Grpc;

let client: EngineClient | undefined;

export function logFor(urn: string): ResourceLog {
  return {
    log: (severity, message) => send(urn, severity, message, false),
    status: (message) => send(urn, "info", message, true),
  };
}

function send(urn: string, severity: Severity, message: string, ephemeral: boolean): void {
  const engine = engineClient();
  if (engine === undefined) return writeToStandardError(severity, message, ephemeral);
  const request = new LogRequest();
  request.setSeverity(severities[severity]);
  request.setMessage(message);
  request.setUrn(urn);
  request.setStreamid(0);
  request.setEphemeral(ephemeral);
  engine.log(request, () => undefined); // Words that cannot be delivered are no failure of the work.
}

/** Whether this process was started by the engine, to serve it. */
export function isServingEngine(): boolean {
  return engineAddress() !== undefined;
}

function engineAddress(): string | undefined {
  const address = process.argv.at(-1) ?? "";
  return /^(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(address) ? address : undefined;
}

function engineClient(): EngineClient | undefined {
  const address = engineAddress();
  if (address === undefined) return undefined;
  client ??= new EngineClient(address, grpc.credentials.createInsecure());
  return client;
}

function writeToStandardError(severity: Severity, message: string, ephemeral: boolean): void {
  if (!ephemeral && severity !== "debug") process.stderr.write(`${severity}: ${message}\n`);
}
