import { ConnectError } from "../errors";
import type { Candidates } from "./candidates";
import { elevatorFor } from "./elevate";
import type { Elevation, Elevator } from "./elevate";
import type { Host, HostProcess, OpenOptions, RunOptions, RunResult } from "./host";
import { launch } from "./launch";
import type { LaunchOptions } from "./launch";
import { run } from "./run";
import type { Transport } from "./transport";

/** A host, whatever the way to it. */
export class MachineHost implements Host {
  readonly name: string;
  readonly user: string;

  private readonly running = new Set<HostProcess>();
  private readonly stopping = new AbortController();

  constructor(
    private readonly transport: Transport,
    private readonly elevation: Elevation,
    private readonly passwords: Candidates<string>,
  ) {
    this.name = transport.name;
    this.user = transport.user;
  }

  get canElevate(): boolean {
    return elevatorFor(this.user, this.elevation, this.passwords) !== undefined;
  }

  run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    const stoppable = this.stoppable(options);
    return run(this.name, argv, stoppable, (more) => this.start(argv, { ...stoppable, ...more }));
  }

  open(argv: readonly string[], options: OpenOptions): Promise<HostProcess> {
    return this.start(argv, { ...this.stoppable(options), place: "held" });
  }

  /** Ends every command that may be ended, waits till all are gone, and starts no more of them. */
  async stop(): Promise<void> {
    const ending = [...this.running].map((process) => process.exited);
    this.stopping.abort();
    await Promise.allSettled(ending);
  }

  private stoppable<Options extends OpenOptions>(options: Options): Options {
    if (options.outlives) return options;
    const { signal } = this.stopping;
    return { ...options, signal: options.signal ? AbortSignal.any([options.signal, signal]) : signal };
  }

  private async start(
    argv: readonly string[],
    options: Omit<LaunchOptions, "elevator">,
  ): Promise<HostProcess> {
    const process = await launch(this.transport, argv, { ...options, elevator: this.elevator(options) });
    const over = () => this.running.delete(process);
    this.running.add(process);
    process.exited.then(over, over);
    return process;
  }

  private elevator({ as = this.user, doing }: OpenOptions): Elevator | undefined {
    if (as === this.user) return undefined;
    const elevator = elevatorFor(this.user, this.elevation, this.passwords);
    if (elevator) return elevator;
    throw new ConnectError({
      doing,
      host: this.name,
      phase: "elevate",
      happened: `this runs as "${as}", but the login is "${this.user}"`,
      hint: `log in as "${as}"${as === "root" ? "" : ' or "root"'}, or set elevate: "sudo" or "doas" in the connection`,
    });
  }
}
