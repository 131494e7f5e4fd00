import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { reset } from "../../fleet/relay";

/** A way to a host's sshd on which something happens when so many bytes have gone to it. */
export interface HoldingRelay {
  readonly host: string;
  readonly port: number;
  /** From now on counted: when so many bytes have passed nothing more does until `act` is done. */
  at(bytes: number, act: () => Promise<unknown>): void;
  /** Ends all that is open, as a machine between the two would that forgot its connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function openHoldingRelay(host: string, port: number): Promise<HoldingRelay> {
  const sockets = new Set<Socket>();
  let left = Infinity;
  let act: () => Promise<unknown> = () => Promise.resolve();
  const opened = (socket: Socket): Socket => {
    sockets.add(socket.setNoDelay(true));
    return socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = opened(connect({ host, port }));
    opened(near).on("data", (chunk: Buffer) => {
      left -= chunk.length;
      const pass = (): void => {
        if (!far.write(chunk)) near.pause();
      };
      if (left > 0) return pass();
      left = Infinity;
      near.pause();
      // What failed there is seen at the copy's end, which is another one then.
      void act()
        .catch((error: unknown) => near.destroy(error as Error))
        .then(() => {
          pass();
          near.resume();
        });
    });
    far.on("drain", () => near.resume()).on("data", (chunk: Buffer) => near.write(chunk));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const cut = (): void => sockets.forEach(reset);
  return {
    host: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    cut,
    at(bytes, then) {
      left = bytes;
      act = then;
    },
    close() {
      cut();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
