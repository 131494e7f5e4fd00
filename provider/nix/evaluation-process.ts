import { randomBytes } from "node:crypto";
import { CommandError, DeploymentError, InterruptedError } from "../errors";
import type { Host } from "../host/host";
import { batchExpression, type EvaluationTask } from "./evaluation-expression";
import { EvaluationStream, type EvaluationListener } from "./evaluation-stream";

export interface ProcessOptions {
  /** The user's options, and how freely Nix may look around. */
  readonly arguments: readonly string[];
  /** Ends the process; that is no failure then. */
  readonly signal: AbortSignal;
  /** Told of the process when it runs on this machine. */
  started(pid: number): void;
}

const command = ["nix-instantiate", "--eval"];
const mode = ["--read-write-mode", "--log-format", "internal-json"];
const settings = { "eval-cache": "false", "extra-experimental-features": "nix-command flakes" };

/** A build that an evaluation needs may take long. */
const timeout = 24 * 3600;

/**
 * Evaluates tasks one after another in one nix process, which ends at the first error that it meets.
 * @returns that error; undefined when all were evaluated or the process was ended by the signal
 */
export async function evaluateInProcess(
  tasks: readonly EvaluationTask[],
  options: ProcessOptions,
  controller: Host,
  listener: EvaluationListener,
): Promise<string | undefined> {
  const marker = `@@${randomBytes(8).toString("hex")}`;
  const stream = new EvaluationStream(marker, listener);
  const named = Object.entries(settings).flatMap(([name, value]) => ["--option", name, value]);
  // The last of two that contradict each other holds, and the user's must not hide from us what is said.
  const argv = [...command, ...options.arguments, ...mode, ...named, "-"];
  try {
    const { exitCode, stderr } = await controller.run(argv, {
      doing: `evaluating ${tasks.length} build${tasks.length === 1 ? "" : "s"}`,
      input: batchExpression(tasks, marker),
      accept: [0, 1, 100],
      timeout,
      signal: options.signal,
      onStart: (pid) => pid !== undefined && options.started(pid),
      onLine: (line) => stream.take(line),
    });
    return exitCode === 0 ? undefined : stream.error(stderr);
  } catch (error) {
    return endOf(error, options.signal, stream);
  }
}

/** A process that ends otherwise than by an error of Nix's takes one task with it, not the others. */
function endOf(error: unknown, ended: AbortSignal, stream: EvaluationStream): string | undefined {
  if (ended.aborted && error instanceof InterruptedError) return undefined;
  if (!(error instanceof DeploymentError)) throw error;
  if (!(error instanceof CommandError)) return error.message;
  if (error.signal === undefined)
    return `the nix process ended with exit code ${error.exitCode ?? "unknown"}: ${stream.error(error.tail)}`;
  const hint = error.signal === "SIGKILL" ? ", for want of memory perhaps" : "";
  return `the nix process was ended by ${error.signal}${hint}`;
}
