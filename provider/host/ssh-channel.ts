import { Readable, Writable } from "node:stream";
import type { Exit } from "./host";
import type { ClientChannel } from "./ssh";
import type { StartOptions, TransportProcess } from "./transport";

/** A command on an SSH channel. */
export interface ChannelProcess extends TransportProcess {
  /** The connection is gone: whoever reads or writes must not take that for the end of the output. */
  connectionLost(reason: Error): void;
}

export function channelProcess(channel: ClientChannel, { lost }: StartOptions): ChannelProcess {
  const stdin = new ChannelInput(channel);
  const stdout = new ChannelOutput(channel);
  const stderr = new ChannelOutput(channel.stderr);
  for (const stream of [stdin, stdout, stderr]) stream.on("error", () => undefined);
  const { ended, fail } = endOf(channel, stdout, lost);
  const giveUp = (error: Error) => {
    fail(error);
    for (const stream of [stdin, stdout, stderr]) stream.destroy(error);
  };
  return {
    stdin,
    stdout,
    stderr,
    ended,
    kill() {
      // Nothing is sent any more once the input has ended, and sudo's processes do not belong to the login.
      channel.signal("KILL");
      return false;
    },
    abandon(happened) {
      giveUp(lost(happened));
      channel.close();
    },
    connectionLost: (reason) => giveUp(lost(`the connection was lost (${reason.message})`, reason)),
  };
}

function endOf(
  channel: ClientChannel,
  stdout: ChannelOutput,
  lost: StartOptions["lost"],
): { ended: Promise<Exit>; fail(error: Error): void } {
  let fail: (error: Error) => void = () => undefined;
  const ended = new Promise<Exit>((resolve, reject) => {
    fail = reject;
    let exit: Exit | undefined;
    channel.on("exit", (code: number | null, signal?: string) => {
      exit = { exitCode: code ?? undefined, signal };
    });
    channel.once("close", () => {
      if (exit === undefined)
        return reject(lost("the machine closed the channel without saying how it ended"));
      const how = exit;
      if (stdout.closed || stdout.readableEnded) resolve(how);
      else stdout.once("close", () => resolve(how));
    });
  });
  ended.catch(() => undefined);
  return { ended, fail: (error) => fail(error) };
}

/**
 * Standard input. ssh2 never calls back for what is written to a closed channel, and sends each small write as a
 * packet of its own: so what gathers within one turn of the event loop is joined.
 */
class ChannelInput extends Writable {
  private waiting: ((error?: Error) => void) | undefined;

  constructor(private readonly channel: ClientChannel) {
    super({ highWaterMark: 256 * 1024, decodeStrings: true });
    channel.on("drain", () => this.sent());
    channel.once("close", () => this.destroy());
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.channel.write(chunk)) setImmediate(done);
    else this.waiting = done;
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), "buffer", done);
  }

  override _final(done: () => void): void {
    this.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.waiting = undefined;
    done(error);
  }

  private sent(): void {
    const done = this.waiting;
    this.waiting = undefined;
    done?.();
  }
}

/** An output of a channel, which ssh2 would end as if complete when the connection is lost. */
class ChannelOutput extends Readable {
  constructor(private readonly source: Readable) {
    super({ highWaterMark: 256 * 1024 });
    source.on("data", (chunk: Buffer) => {
      if (!this.destroyed && !this.push(chunk)) source.pause();
    });
    source.once("end", () => {
      if (!this.destroyed) this.push(null);
    });
  }

  override _read(): void {
    this.source.resume();
  }

  /** What still comes is thrown away: a channel closes only when it has been read. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.source.resume();
    done(error);
  }
}
