import { LocalTransport } from "../../provider/host/local";
import { SshTransport } from "../../provider/host/ssh-transport";
import type { Transport } from "../../provider/host/transport";

export interface Commands {
  /** Over SSH. */
  readonly remote: number;
  readonly local: number;
}

/** Counts the commands that this process starts through the package's transports. */
export class CountedCommands {
  private readonly remote = new CountedStarts(SshTransport.prototype);
  private readonly local = new CountedStarts(LocalTransport.prototype);

  async during(work: () => Promise<unknown>): Promise<Commands> {
    const before = { remote: this.remote.starts, local: this.local.starts };
    await work();
    return { remote: this.remote.starts - before.remote, local: this.local.starts - before.local };
  }

  stop(): void {
    this.remote.stop();
    this.local.stop();
  }
}

class CountedStarts {
  starts = 0;
  private readonly start: Transport["start"];

  constructor(private readonly transport: Transport) {
    const start = transport.start;
    this.start = start;
    const count = (): number => this.starts++;
    transport.start = function (this: Transport, ...args) {
      count();
      return start.apply(this, args);
    };
  }

  stop(): void {
    this.transport.start = this.start;
  }
}
