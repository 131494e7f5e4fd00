import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { reset } from "../../fleet/relay";

/** A way to a host's sshd on which something happens when so many bytes have gone to it, or come from it. */
export interface HoldingRelay {
  readonly host: string;
  readonly port: number;
  /** From now on counted: when so many bytes have passed nothing more does until `act` is done. */
  at(bytes: number, act: () => Promise<unknown>): void;
  /** The same for bytes that come from the host. */
  atComing(bytes: number, act: () => Promise<unknown>): void;
  /** Ends all that is open, as a machine between the two would that forgot its connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function openHoldingRelay(host: string, port: number): Promise<HoldingRelay> {
  const sockets = new Set<Socket>();
  const [going, coming] = [new Gate(), new Gate()];
  const opened = (socket: Socket): Socket => {
    sockets.add(socket.setNoDelay(true));
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = opened(connect({ host, port }));
    going.between(opened(near), far);
    coming.between(far, near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const cut = (): void => sockets.forEach(reset);
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    cut,
    at: (bytes, act) => going.at(bytes, act),
    atComing: (bytes, act) => coming.at(bytes, act),
    close() {
      cut();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}

/** One direction of it. */
class Gate {
  private left = Infinity;
  private act: () => Promise<unknown> = () => Promise.resolve();

  at(bytes: number, act: () => Promise<unknown>): void {
    this.left = bytes;
    this.act = act;
  }

  between(from: Socket, to: Socket): void {
    const pass = (chunk: Buffer): void => {
      if (!to.write(chunk)) from.pause();
    };
    to.on("drain", () => from.resume());
    from.on("data", (chunk: Buffer) => {
      this.left -= chunk.length;
      if (this.left > 0) return pass(chunk);
      this.left = Infinity;
      from.pause();
      // What failed there is seen at the copy's end, which is another one then.
      void this.act()
        .catch((error: unknown) => from.destroy(error as Error))
        .then(() => {
          pass(chunk);
          from.resume();
        });
    });
  }
}
