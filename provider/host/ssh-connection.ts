import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { NoPlace, Places } from "./places";
import { isChannelRefusal } from "./ssh";
import type { ClientChannel, SshClient } from "./ssh";
import { channelProcess } from "./ssh-channel";
import type { ChannelProcess } from "./ssh-channel";
import type { StartOptions, TransportProcess } from "./transport";

/** Keeps the process alive, or lets it end. */
export interface Anchor {
  ref(): void;
  unref(): void;
}

/** Signs of life that may go unanswered. */
const pingLimit = 3;

/** Refusals of a channel, while we use none, that are taken for the machine still tidying up after the last one. */
const refusalLimit = 20;

/** One login on one machine, shared by everything that runs there. */
export class SshConnection {
  private readonly places = new Places();
  private readonly running = new Map<ChannelProcess, StartOptions>();
  private readonly pings: NodeJS.Timeout;
  private unanswered = 0;
  private users = 0;
  private lostBy: Error | undefined;

  constructor(
    private readonly client: SshClient,
    private readonly anchor: Anchor,
    private readonly pingInterval: number,
  ) {
    client.onLost((reason) => this.end(reason));
    this.pings = setInterval(() => this.ping(), pingInterval).unref();
    anchor.unref();
  }

  get lost(): boolean {
    return this.lostBy !== undefined;
  }

  async start(command: string, options: StartOptions): Promise<TransportProcess> {
    const letGo = this.hold();
    try {
      return await this.onChannel(command, options, letGo);
    } catch (error) {
      letGo();
      throw this.lostBy === undefined
        ? error
        : options.lost(`the connection was lost (${this.lostBy.message})`);
    }
  }

  forward(host: string, port: number): Promise<Duplex> {
    return this.client.forward(host, port);
  }

  /** Keeps the process alive until what is returned is called. */
  hold(): () => void {
    if (this.users++ === 0) this.anchor.ref();
    let held = true;
    return () => {
      if (held && --this.users === 0) this.anchor.unref();
      held = false;
    };
  }

  /** Ends what still runs, then the connection. */
  async close(): Promise<void> {
    for (const [process, { outlives }] of this.running) if (!outlives) process.kill();
    this.client.end();
    await delay(50);
    this.client.destroy();
    this.end(new Error("it was closed"));
  }

  /** Waits until the machine opens a channel: it may allow fewer than we think. */
  private async onChannel(
    command: string,
    options: StartOptions,
    letGo: () => void,
  ): Promise<TransportProcess> {
    for (let refused = 0; ; refused++) {
      const leave = await this.places.take(options.place, options.signal);
      try {
        return await this.client.exec(command, (channel) => {
          channel.once("close", leave).once("close", letGo);
          return this.process(channel, options);
        });
      } catch (error) {
        leave();
        if (!isChannelRefusal(error) || (this.places.inUse === 0 && refused >= refusalLimit)) throw error;
        if (this.places.inUse > 0 && options.place === "urgent") throw new NoPlace();
        this.places.shrink();
        await delay(50);
      }
    }
  }

  private process(channel: ClientChannel, options: StartOptions): TransportProcess {
    const process = channelProcess(channel, options);
    this.running.set(process, options);
    const over = () => this.running.delete(process);
    process.ended.then(over, over);
    return process;
  }

  private ping(): void {
    if (this.unanswered++ >= pingLimit) {
      const seconds = (this.pingInterval * pingLimit) / 1000;
      return this.client.destroy(new Error(`no answer for ${seconds} s`));
    }
    // ssh2 throws where the socket takes nothing any more but is not closed yet: that counts as no answer.
    this.client.ping().then(
      () => (this.unanswered = 0),
      () => undefined,
    );
  }

  private end(reason: Error): void {
    if (this.lostBy !== undefined) return;
    this.lostBy = reason;
    clearInterval(this.pings);
    for (const process of this.running.keys()) process.connectionLost(reason);
  }
}
