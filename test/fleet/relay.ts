import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Relay {
  host: string;
  port: number;
  close(): Promise<void>;
}

/** What may be under way in one direction before the sender has to wait. */
const inFlightLimit = 8 * 1024 * 1024;

/**
 * Listens on loopback and passes everything on, each direction half of the delay late. Opening a connection takes one
 * round trip more, as TCP's own handshake does. It lives in this process: a test that blocks the event loop blocks it.
 */
export async function openRelay(host: string, port: number, milliseconds: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    keep(sockets, near);
    setTimeout(() => {
      if (near.destroyed) return;
      const far = connect({ host, port, allowHalfOpen: true });
      keep(sockets, far);
      join(near, far, milliseconds / 2);
    }, milliseconds);
  });
  await listening(server);
  // A forgotten relay must not keep a test process from ending.
  server.unref();
  const close = () => closed(server, sockets);
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, close };
}

function join(near: Socket, far: Socket, delay: number): void {
  pass(near, far, delay);
  pass(far, near, delay);
}

function pass(from: Socket, to: Socket, delay: number): void {
  let inFlight = 0;
  const late = (what: () => void) => setTimeout(() => !to.destroyed && what(), delay);
  from.on("data", (chunk: Buffer) => {
    inFlight += chunk.length;
    if (inFlight > inFlightLimit) from.pause();
    late(() =>
      to.write(chunk, () => {
        inFlight -= chunk.length;
        if (inFlight <= inFlightLimit) from.resume();
      }),
    );
  });
  from.on("end", () => late(() => to.end()));
  from.on("close", (failed: boolean) => failed && late(() => reset(to)));
}

/**
 * Breaks a connection. While its end is on the way, Node gives up the socket without closing it (`reset EINVAL`), and the
 * process turns in a circle when it ends.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}

function closed(server: Server, sockets: Set<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}
